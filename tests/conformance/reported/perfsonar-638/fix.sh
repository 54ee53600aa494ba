#!/bin/bash
set -e
R=$1; C=$2
echo "Options +Indexes" > "$R/log/perfsonar/.htaccess"
