#!/bin/bash
set -e
cd "$1"
mkdir -p website elsewhere/.htaccess; echo ok > elsewhere/index.html; echo home > website/index.html; ln -s ../elsewhere website/symlink
