package linux

import (
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/x86"
)

// anyPrograms is how many programs of random system calls TestAnyCalls runs of each kind.
var anyPrograms = flag.Int("any", 3, "programs of random system calls with random arguments")

// TestAnyCalls: system calls with arguments that nobody would give, of each width and of 32 bits under both kernels, end
// in an error or a value. What one of them does to the program is its own affair; none harms the machine.
func TestAnyCalls(t *testing.T) {
	wide, narrow := compile(t, "anycall.c", "gcc", "-w"), compile(t, "anycall.c", "gcc", "-m32", "-w")
	for name, x := range map[string]struct {
		program string
		kernel  x86.Arch
	}{"64": {wide, x86.AMD64}, "32": {narrow, x86.I386}, "32 on 64": {narrow, x86.AMD64}} {
		for seed := range *anyPrograms {
			t.Run(fmt.Sprintf("%s/%d", name, seed), func(t *testing.T) {
				t.Parallel()
				limits := Limits{Steps: 20e6, Memory: 64 << 20, Processes: 16, Threads: 16, Output: 1 << 20}
				o := runProgram(t, Config{Kernel: kernelOf(x.kernel), CPUs: 1 + seed%2, Limits: limits}, []string{x.program, fmt.Sprint(seed), "600"})
				assert.NotEqual(t, BoundTime, o.res.Bound)
			})
		}
	}
}
