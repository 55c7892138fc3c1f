package linux

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/emu"
)

// TestVsyscall: the i386 vDSO is found and works as natively, by its own code
// (the host may enter its kernel by another instruction there).
func TestVsyscall(t *testing.T) {
	prog := compile(t, "vsyscall.c", "gcc", "-m32")
	want := runNative(t, "", nil, []string{prog})
	got := runProgram(t, Config{}, []string{prog})
	assert.Equal(t, want.stdout, got.stdout)
	assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}

// TestInt80: INT 80h of a 64-bit program.
func TestInt80(t *testing.T) {
	prog := compile(t, "int80.c", "gcc", "-no-pie")
	want := runNative(t, "", nil, []string{prog})
	got := runProgram(t, Config{}, []string{prog})
	assert.Equal(t, want.stdout, got.stdout)
	assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
}

// TestCompatibilityMode: a 64-bit program jumps to the kernel's 32-bit code
// segment and makes system calls there.
func TestCompatibilityMode(t *testing.T) {
	prog := compile(t, "seg32.S", "gcc", "-nostdlib", "-no-pie", "-Wl,-Ttext-segment=0x400000")
	want := runNative(t, "", nil, []string{prog})
	got := runProgram(t, Config{}, []string{prog})
	assert.Equal(t, "compat", got.stdout)
	assert.Equal(t, want.stdout, got.stdout)
	assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
	assert.True(t, same(Result{Code: 7}, got.res), "%v", got.res)
}

// TestFastCallsOfCompatibilityMode: what a SYSCALL and a SYSENTER of 32-bit code in
// a 64-bit program do is the processor's and the kernel's affair; here as natively.
// A SYSCALL returns to a landing pad that such a program does not have.
func TestFastCallsOfCompatibilityMode(t *testing.T) {
	vendor := emu.AMD
	host := runNative(t, "", nil, []string{compileFast32(t, "-DEXIT", "-DCALL=syscall")})
	if same(Result{Signal: int(syscall.SIGILL)}, host.res) {
		vendor = emu.Intel
	}
	for _, instruction := range []string{"int $0x80", "syscall", "sysenter"} {
		for _, define := range []string{"-DEXIT", "-DWRITE"} {
			t.Run(instruction+define, func(t *testing.T) {
				prog := compileFast32(t, define, "-DCALL="+instruction)
				want := runNative(t, "", nil, []string{prog})
				got := runProgram(t, Config{Vendor: vendor}, []string{prog})
				assert.Equal(t, want.stdout, got.stdout)
				assert.True(t, same(want.res, got.res), "%v, expected %v", got.res, want.res)
			})
		}
	}
}

func compileFast32(t *testing.T, defines ...string) string {
	t.Helper()
	return compile(t, "fast32.S", append([]string{"gcc", "-nostdlib", "-no-pie", "-Wl,-Ttext-segment=0x400000"}, defines...)...)
}

// TestFastCallsOfIntel: Intel's processors have SYSENTER in compatibility mode,
// and no SYSCALL.
func TestFastCallsOfIntel(t *testing.T) {
	for instruction, want := range map[string]Result{"syscall": {Signal: int(syscall.SIGILL)}, "sysenter": {Code: 7}} {
		prog := compileFast32(t, "-DEXIT", "-DCALL="+instruction)
		got := runProgram(t, Config{Vendor: emu.Intel}, []string{prog})
		assert.True(t, same(want, got.res), "%s: %v", instruction, got.res)
	}
}

// TestSysenter: SYSENTER anywhere in an i386 program returns to the vDSO's
// landing pad with EBP as the stack; a stack that cannot be read is EFAULT, and
// then the landing pad faults.
func TestSysenter(t *testing.T) {
	got := runProgram(t, Config{}, []string{compile(t, "vsyscall.c", "gcc", "-m32"), "raw"})
	assert.Equal(t, "1\n", got.stdout)
	assert.True(t, same(Result{Signal: int(syscall.SIGSEGV)}, got.res), "%v", got.res)
}

// TestKernelsMappings: what may be done to [vvar] and [vdso]. They go and move as a whole; and of [vvar]'s pages the first one is there.
func TestKernelsMappings(t *testing.T) {
	for _, flag := range []string{"-m64", "-m32"} {
		prog := compile(t, "special.c", "gcc", "-w", flag)
		want := runNative(t, "", nil, []string{prog})
		got := runProgram(t, Config{}, []string{prog})
		assert.Equal(t, want.stdout, got.stdout, flag)
		assert.True(t, same(want.res, got.res), "%s: %v, expected %v", flag, got.res, want.res)
		got = runProgram(t, Config{}, []string{prog, "more"})
		assert.Contains(t, got.stdout, "a mapping on half of it: Cannot allocate memory\nmremap of half of it: Invalid argument\n", flag)
		assert.True(t, same(Result{Signal: int(syscall.SIGBUS)}, got.res), "%s: %v", flag, got.res)
	}
}
