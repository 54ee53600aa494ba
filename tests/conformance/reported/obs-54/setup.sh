#!/bin/bash
set -e
cd "$1"
mkdir -p srv data/obs/repos; ln -s ../data/obs srv/obs; echo ok > data/obs/repos/index.html
