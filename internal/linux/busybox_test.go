package linux

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/rigs/linuxtest"
)

// TestBusybox compares output and exit status with the native run.
func TestBusybox(t *testing.T) {
	for _, arch := range []string{"amd64", "i386"} {
		t.Run(arch, func(t *testing.T) {
			box := linuxtest.NewBox(t, arch)
			for _, args := range box.Programs() {
				t.Run(args[1], func(t *testing.T) {
					t.Parallel()
					want := box.Native(t, args)
					got := runProgram(t, Config{Env: box.Env(), Stdin: strings.NewReader(linuxtest.Stdin)}, args, box.Dir)
					assert.Equal(t, want, linuxtest.Outcome{Stdout: got.stdout, Stderr: got.stderr, Code: got.res.Code, Signal: got.res.Signal})
					assert.Equal(t, NoBound, got.res.Bound)
					assert.Empty(t, got.res.Unknown)
				})
			}
		})
	}
}

// TestApplets: more of busybox, equal to native runs.
func TestApplets(t *testing.T) {
	for _, arch := range []string{"amd64", "i386"} {
		t.Run(arch, func(t *testing.T) {
			box := linuxtest.NewBox(t, arch)
			text, numbers := filepath.Join(box.Dir, "d", "text"), filepath.Join(box.Dir, "d", "numbers")
			for _, args := range [][]string{
				{"tr", "a-z", "A-Z"}, {"cut", "-c2-4", text}, {"uniq", "-c", numbers}, {"head", "-2", text}, {"tail", "-n", "+3", text},
				{"od", "-c", text}, {"od", "-tx1", numbers}, {"xxd", text}, {"hexdump", "-C", text}, {"seq", "1", "3", "20"}, {"expr", "6", "*", "7"},
				{"printf", "%5d|%s|%x\n", "42", "x", "255"}, {"test", "3", "-gt", "4"}, {"md5sum", numbers}, {"sha1sum", numbers}, {"sha512sum", numbers},
				{"sha3sum", numbers}, {"cksum", text, numbers}, {"crc32", text}, {"diff", text, numbers}, {"cmp", text, numbers}, {"comm", text, text},
				{"dc", "-e", "2 100 ^ p"}, {"bc", "-q", numbers}, {"tac", text}, {"rev", text}, {"nl", text}, {"fold", "-w", "3", text}, {"paste", text, text},
				{"base64", text}, {"uuencode", text, "x"}, {"bzip2", "-c", numbers}, {"xz", "-h"}, {"strings", text},
				{"ash", "-c", box.Path + " tar -cf - -C " + box.Dir + " d/text | " + box.Path + " tar -tf -"},
				{"cpio", "-h"}, {"dirname", text}, {"basename", text, "t"}, {"stat", "-c", "%s %F", text},
				{"du", "-b", text}, {"env", "A=b", "env"}, {"xargs", "-n1", "echo", "got"}, {"wc", "-L", text}, {"egrep", "o+|a", text},
				{"sort", "-u", "-k2", text}, {"expand", text}, {"factor", "1234567890"}, {"cal", "2", "2020"}, {"date", "-u", "-d", "@86400"}, {"nosuch"},
				{"ash", "-c", "set -- a b c; while [ $# -gt 0 ]; do printf '%s,' \"$1\"; shift; done; case $0 in *) echo end;; esac"},
				{"ash", "-c", "x='a b'; set -f; for w in $x; do echo ${w}${x#a}; done; (cd " + box.Dir + "; pwd); exec sort <" + text},
				{"ash", "-c", "cat <<E | sed 's/$/!/'\nline $((3*4))\nE\nfalse || echo or; ! true; echo $?; wait; exit 300"},
				{"awk", "BEGIN { x[1]=2; for (i = 0; i < 5; i++) s = s sprintf(\"%c%.3f \", 65+i, sin(i)); print s, length(s), substr(s, 3, 4) }"},
				{"sed", "-n", "/a/,/foo/{=;p}", text}, {"grep", "-rc", "o", filepath.Join(box.Dir, "d", "sub")},
			} {
				t.Run(args[0], func(t *testing.T) {
					t.Parallel()
					args := append([]string{box.Path}, args...)
					want := box.Native(t, args)
					got := runProgram(t, Config{Env: box.Env(), Stdin: strings.NewReader(linuxtest.Stdin)}, args, box.Dir)
					assert.Equal(t, want, linuxtest.Outcome{Stdout: got.stdout, Stderr: got.stderr, Code: got.res.Code, Signal: got.res.Signal})
				})
			}
		})
	}
}

// TestPrograms compares programs with threads, signals, processes and floating
// point with their native runs.
func TestPrograms(t *testing.T) {
	for name, compiler := range libraries {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prog := compile(t, "everything.c", compiler(t)...)
			want := runNative(t, "", nil, []string{prog})
			got := runProgram(t, Config{}, []string{prog})
			assert.Equal(t, want.stdout, got.stdout)
			assert.Equal(t, want.stderr, got.stderr)
			assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
		})
	}
}

// TestRepeatable: two runs are the same, byte for byte and instruction for
// instruction, on one vCPU and on three.
func TestRepeatable(t *testing.T) {
	prog := compile(t, "everything.c", "gcc")
	for _, cpus := range []int{1, 3} {
		a := runProgram(t, Config{CPUs: cpus}, []string{prog})
		b := runProgram(t, Config{CPUs: cpus}, []string{prog})
		assert.Equal(t, a, b)
	}
}
