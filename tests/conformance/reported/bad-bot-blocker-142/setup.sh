#!/bin/bash
set -e
cd "$1"
mkdir p; echo home > p/index.html; echo sorry > p/403.shtml
