variable "name" {}
variable "public" { type = bool }
variable "readers" { default = [] }
resource "aws_s3_bucket" "this" {
  bucket = var.name
  tags = {
    Name = var.name, Env = "x"
  }
}
resource "aws_s3_bucket_public_access_block" "this" {
  count                   = var.public ? 1 : 0
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  ignore_public_acls      = true
  block_public_policy     = false
  restrict_public_buckets = false
}
resource "aws_s3_bucket_website_configuration" "this" {
  count  = var.public ? 1 : 0
  bucket = aws_s3_bucket.this.id
  index_document {
    suffix = "index.html"
  }
  routing_rule {
    condition {
      http_error_code_returned_equals = "404"
    }
    redirect {
      replace_key_with = "index.html"
    }
  }
}
data "aws_iam_policy_document" "base" {
  statement {
    sid       = "TLS"
    effect    = "Deny"
    actions   = ["s3:*"]
    resources = [aws_s3_bucket.this.arn, "${aws_s3_bucket.this.arn}/*"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}
data "aws_iam_policy_document" "this" {
  source_policy_documents = [data.aws_iam_policy_document.base.json]
  dynamic "statement" {
    for_each = var.public ? [1] : []
    content {
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.this.arn}/*"]
      principals {
        type        = "*"
        identifiers = ["*"]
      }
    }
  }
  dynamic "statement" {
    for_each = var.readers
    iterator = reader
    content {
      actions   = ["s3:GetObject"]
      resources = ["${aws_s3_bucket.this.arn}/&{aws:username}/*"]
      principals {
        type        = "AWS"
        identifiers = [reader.value]
      }
    }
  }
}
resource "aws_s3_bucket_policy" "this" {
  bucket = aws_s3_bucket.this.id
  policy = data.aws_iam_policy_document.this.json
}
output "arn" { value = aws_s3_bucket.this.arn }
