"""What is wrong in bucket policies, and in the settings of buckets."""

FAMILY = "s3"
