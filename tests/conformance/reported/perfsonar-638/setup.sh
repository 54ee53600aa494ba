#!/bin/bash
set -e
cd "$1"
mkdir -p html log/perfsonar; echo home > html/index.html; echo line > log/perfsonar/owamp.log
