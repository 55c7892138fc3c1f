package linux

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/mm"
	"trapline/internal/x86"
)

// auxLeftOut are the entries of the host's auxiliary vector that 6.1's does not have, and why (include/uapi/linux/auxvec.h).
var auxLeftOut = map[uint64]string{
	27: "AT_RSEQ_FEATURE_SIZE: since 6.3",
	28: "AT_RSEQ_ALIGN: since 6.3",
}

// auxOther are the entries with another value than the host's, and what it must be; nil: any.
var auxOther = map[uint64]func(uint64) bool{
	abi.AT_HWCAP:   func(v uint64) bool { return v == emu.CPUIDFeatures }, // the processor's
	abi.AT_SYSINFO: nil,                                                   // in another vDSO
	abi.AT_RANDOM:  nil,                                                   // an address on the stack: TestStackWithoutRandomisation
}

// auxAddresses are the entries of which the place in the page is compared.
var auxAddresses = map[uint64]bool{abi.AT_PHDR: true, abi.AT_ENTRY: true, abi.AT_SYSINFO_EHDR: true}

// TestAuxiliaryVector: the entries come in the kernel's order and have the kernel's values, but for those listed above.
func TestAuxiliaryVector(t *testing.T) {
	for flag, kernels := range map[string][]x86.Arch{"-m64": {x86.AMD64}, "-m32": {x86.AMD64, x86.I386}} {
		prog := compile(t, "auxv.c", "gcc", flag)
		var want []string
		for line := range strings.Lines(runNative(t, "", nil, []string{prog}).stdout) {
			n, _ := auxEntry(t, line)
			if auxLeftOut[n] == "" {
				want = append(want, auxPlain(t, line))
			}
		}
		for _, kernel := range kernels {
			var got []string
			user := &User{uint32(os.Getuid()), uint32(os.Getgid())}
			for line := range strings.Lines(runProgram(t, Config{Kernel: kernelOf(kernel), User: user}, []string{prog}).stdout) {
				n, v := auxEntry(t, line)
				if is := auxOther[n]; is != nil {
					assert.True(t, is(v), line)
				}
				got = append(got, auxPlain(t, line))
			}
			assert.Equal(t, want, got, "%s on %v", flag, kernel)
		}
	}
}

// auxEntry reads a line of auxv.c; v is 0 for a string.
func auxEntry(t *testing.T, line string) (n, v uint64) {
	t.Helper()
	var word string
	_, err := fmt.Sscan(line, &n, &word)
	require.NoError(t, err, line)
	_, _ = fmt.Sscan(word, &v)
	return n, v
}

// auxPlain is what is compared of a line.
func auxPlain(t *testing.T, line string) string {
	t.Helper()
	n, v := auxEntry(t, line)
	if _, other := auxOther[n]; other {
		return fmt.Sprint(n)
	}
	if auxAddresses[n] {
		return fmt.Sprintf("%d +%#x", n, v%emu.PageSize)
	}
	return strings.TrimSpace(line)
}

// TestStackWithoutRandomisation: with ADDR_NO_RANDOMIZE the strings, the random bytes and the stack's end are where the host
// has them, to the byte; else it ends 64 KiB below the end of user space, so that the page of uprobe slots is free.
func TestStackWithoutRandomisation(t *testing.T) {
	for _, flag := range []string{"-m64", "-m32"} {
		args := []string{compile(t, "startstack.c", "gcc", "-w", flag), "one", "", "a longer one"}
		want := runNative(t, "", nil, args)
		got := runProgram(t, Config{Kernel: kernelOf(x86.AMD64)}, args)
		assert.Equal(t, want.stdout, got.stdout, flag)
	}
	for kernel, widths := range map[x86.Arch][]x86.Arch{x86.AMD64: {x86.AMD64, x86.I386}, x86.I386: {x86.I386}} {
		for _, width := range widths {
			l := mm.LayoutOf(kernel, width)
			assert.Equal(t, uint64(0x10000), l.TaskSize-l.StackTop, "%v on %v", width, kernel)
		}
	}
}
