package linux

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/emu/linux/linuxtest"
)

// TestBusybox compares output and exit status with the native run.
func TestBusybox(t *testing.T) {
	for _, arch := range []string{"amd64", "i386"} {
		t.Run(arch, func(t *testing.T) {
			box := linuxtest.NewBox(t, arch)
			for _, args := range box.Programs() {
				t.Run(args[1], func(t *testing.T) {
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
