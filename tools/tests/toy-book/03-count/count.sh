#!/bin/sh
ls src | wc -l
