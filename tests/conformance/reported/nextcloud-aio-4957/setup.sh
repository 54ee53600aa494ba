#!/bin/bash
set -e
cd "$1"
true
