// A client of `devaddr-xml serve` for Go. It completes the domain on standard input.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
)

type answer struct {
	ID     int             `json:"id"`
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

// call sends one request and waits for its answer.
func call(in io.Writer, out *bufio.Reader, id int, method string, params, result any) error {
	request := map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params}
	if err := json.NewEncoder(in).Encode(request); err != nil {
		return err
	}
	line, err := out.ReadBytes('\n')
	if err != nil {
		return err
	}
	var found answer
	if err := json.Unmarshal(line, &found); err != nil {
		return err
	}
	if found.Error != nil {
		return fmt.Errorf("refused (%d): %s", found.Error.Code, found.Error.Message)
	}
	return json.Unmarshal(found.Result, result)
}

func main() {
	service := exec.Command("devaddr-xml", "serve", "--jobs", "1")
	in, _ := service.StdinPipe()
	out, _ := service.StdoutPipe()
	service.Stderr = os.Stderr
	xml, err := io.ReadAll(os.Stdin)
	if err == nil {
		err = service.Start()
	}
	var result struct{ XML string }
	if err == nil {
		err = call(in, bufio.NewReader(out), 1, "assign", map[string]string{"xml": string(xml)}, &result)
		in.Close()
		service.Wait()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Print(result.XML)
}
