# A guest whose skeleton comes from a template. A second run with one more interface moves nothing that was there:
# the state has the domain as it is, and the program gets it as "like".
terraform {
  required_providers {
    external = {
      source  = "hashicorp/external"
      version = ">= 2.3"
    }
  }
}

variable "networks" {
  type    = list(string)
  default = ["default"]
}

variable "state_file" {
  description = "The complete domain of the last run"
  type        = string
  default     = "web.xml"
}

data "external" "domain" {
  program = ["python3", "${path.module}/devaddr_xml_external.py"]
  query = {
    xml     = templatefile("${path.module}/web.xml.tftpl", { name = "web", networks = var.networks })
    like    = fileexists(var.state_file) ? file(var.state_file) : ""
    profile = "hotplug"
  }
}

resource "terraform_data" "domain" {
  input = data.external.domain.result.xml

  provisioner "local-exec" {
    command     = "printf %s \"$XML\" > ${var.state_file} && virsh define ${var.state_file}"
    interpreter = ["sh", "-c"]
    environment = { XML = self.input }
  }
}

output "changes" {
  value = data.external.domain.result.changes
}
