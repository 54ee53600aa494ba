"""What is wrong with files and directories for the user that serves them."""

FAMILY = "files"
JUDGES = ("nginx", "apache")
