#!/bin/bash
set -e
R=$1; C=$2
chmod 711 "$R/home/user/web"
