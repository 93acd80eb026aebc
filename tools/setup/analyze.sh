#!/bin/sh
# GCC's analyser, cppcheck and clang-tidy over the sources of a tree.
# usage: cd TREE && tools/setup/analyze.sh 'COMPILER AND FLAGS' SOURCE...
set -eu

root=$(dirname "$0")/../..
compile=$1
shift
for file in "$@"; do
    # The flags are quoted for the shell.
    eval "$compile -Werror -fanalyzer -c '$file' -o /dev/null"
done
# A structure that others define has fields that nothing here reads.
cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 \
    --enable=warning,style,performance,portability \
    --suppress=unmatchedSuppression --suppress=unusedStructMember \
    -Isrc src $(ls -d tests 2>/dev/null)
clang-tidy --quiet --config-file="$root/.clang-tidy" "$@" -- -std=gnu17 \
    -iquote "$root/tools/clang" -Isrc -ffreestanding -mno-red-zone \
    -mgeneral-regs-only
