# terraform-aws-modules style
variable "env" {
  type = string
}
variable "buckets" {
  type = map(object({
    public  = optional(bool, false)
    readers = optional(list(string), [])
  }))
  default = {
    site = { public = true }
    logs = { readers = ["arn:aws:iam::111122223333:role/reader"] }
  }
}
data "aws_caller_identity" "this" {}
module "bucket" {
  source   = "./modules/bucket"
  for_each = var.buckets
  name     = "acme-${each.key}"
  public   = each.value.public
  readers  = each.value.readers
}
module "registry" {
  source  = "terraform-aws-modules/s3-bucket/aws"
  version = "~> 4.0"
  bucket  = "x"
}
resource "aws_s3_bucket" "tmpl" {
  bucket = "tmpl"
}
resource "aws_s3_bucket_policy" "tmpl" {
  bucket = aws_s3_bucket.tmpl.id
  policy = templatefile("${path.module}/policies/site.json.tftpl", {
    bucket = aws_s3_bucket.tmpl.arn
    ips    = ["203.0.113.0/24", "198.51.100.0/24"]
  })
}
resource "aws_s3_bucket" "file" {
  bucket_prefix = "file-"
}
resource "aws_s3_bucket_policy" "file" {
  bucket = aws_s3_bucket.file.id
  policy = file("policies/file.json")
}
resource "aws_s3_bucket" "many" {
  count  = var.env == "prod" ? 1 : 0
  bucket = "many"
}
resource "aws_s3_bucket_policy" "many" {
  count  = var.env == "prod" ? 1 : 0
  bucket = aws_s3_bucket.many[0].id
  policy = <<-EOT
    {
      "Version": "2012-10-17",
      "Statement": [
        {
          "Effect": "Allow", "Principal": "*", "Action": "s3:GetObject",
          "Resource": "${aws_s3_bucket.many[0].arn}/*"
        },
        {
          "Effect": "Deny", "Principal": "*", "Action": "s3:GetObject",
          "Resource": "${aws_s3_bucket.many[0].arn}/$${aws:username}/${aws:PrincipalTag/x}/*"
        }
      ]
    }
  EOT
}
