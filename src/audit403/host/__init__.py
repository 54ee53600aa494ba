"""Live hosts: how they are reached over SSH, and what is asked of them."""
