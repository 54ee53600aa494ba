"""What is wrong in nginx configurations and the trees they serve."""

FAMILY = "nginx"
