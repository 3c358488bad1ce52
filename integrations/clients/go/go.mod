module example.org/devaddr-xml-client

go 1.19
