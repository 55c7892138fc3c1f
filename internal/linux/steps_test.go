//go:build linux && amd64

package linux

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/vfs"
	"trapline/internal/rigs/linuxtest"
	"trapline/internal/x86"
)

// registers are the registers before an instruction.
type registers struct {
	pc  uint64
	gpr [16]uint64
}

// given is what a native run takes from the machine: the result of a system
// call, or the registers after CPUID and the like.
type given struct {
	pc, next uint64
	call     *CallRecord // nil: not a system call
	after    [16]uint64
	at       uint64 // where the call wrote memory
	memory   []byte
}

// results are the calls that write memory: which argument has the address, and
// how many bytes there are (0: as many as the call's value).
var results = map[string]struct{ arg, size int }{
	"fstat": {1, 144}, "stat": {1, 144}, "lstat": {1, 144}, "newfstatat": {2, 144}, "fstat64": {1, 96}, "stat64": {1, 96},
	"lstat64": {1, 96}, "fstatat64": {2, 96}, "statx": {4, 256}, "uname": {0, 390}, "prlimit64": {3, 16}, "ugetrlimit": {1, 8},
	"read": {1, 0}, "pread64": {1, 0}, "getrandom": {0, 0}, "readlink": {1, 0}, "readlinkat": {2, 0}, "clock_gettime": {1, 16}, "getdents64": {1, 0},
}

// recording is a run of the machine, instruction by instruction. Repetitions
// of a string instruction and faults that the kernel mends are one entry.
type recording struct {
	sp, top uint64
	stack   []byte // from sp to top at the start
	brk     uint64 // end of the heap at the start
	vdso    uint64 // its address
	abi     x86.Arch
	states  []registers
	given   []given
	end     Result
	pid     int
}

// record runs args in the machine, one step at a time.
func record(t *testing.T, cfg Config, args []string, dirs ...string) *recording {
	t.Helper()
	fs, err := vfs.OpenFiles(append(dirs, args[0])...)
	require.NoError(t, err)
	defer fs.Close()
	var calls []CallRecord
	cfg.FS, cfg.Path, cfg.Args = fs, args[0], args
	cfg.OnCall = func(c CallRecord) { calls = append(calls, c) }
	k, err := New(cfg)
	require.NoError(t, err)
	defer k.Close()
	start := k.init.thr[0]
	r := &recording{pid: k.init.PID, sp: start.Core().GPR[x86.RSP], top: k.init.mm.Layout.StackTop, brk: k.init.mm.Brk, vdso: k.init.mm.VDSO, abi: k.init.mm.ABI()}
	r.stack = make([]byte, r.top-r.sp)
	require.True(t, k.init.mm.Read(r.sp, r.stack))
	for !k.Done() {
		if k.ready(0) == nil {
			continue
		}
		core := k.current[0].Core()
		if n := len(r.states); n == 0 || r.states[n-1].pc != core.RIP {
			r.states = append(r.states, registers{core.RIP, core.GPR})
		}
		before := len(calls)
		ev := k.Step(0)
		require.NoError(t, k.m.Err())
		g := given{pc: ev.PC, next: ev.After.RIP, after: ev.After.GPR}
		if len(calls) > before {
			g.call = &calls[before]
			g.after[x86.RAX] = k.m.Arch.Mask(uint64(g.call.Value))
			g.readResult(k)
		}
		if g.call != nil || modelDependent(ev.Bytes) {
			r.given = append(r.given, g)
		}
	}
	r.end = k.Result()
	return r
}

// readResult takes what the call that just ended wrote.
func (g *given) readResult(k *Kernel) {
	where, ok := results[g.call.Name]
	if !ok || g.call.Errno != 0 {
		return
	}
	t := k.init.thr[0]
	g.at = t.call.arg[where.arg]
	if g.at == 0 {
		return
	}
	g.memory = make([]byte, max(where.size, int(g.call.Value)))
	k.init.mm.Read(g.at, g.memory)
}

// modelDependent reports whether an instruction's result is the processor's
// own: CPUID, RDTSC, XGETBV.
func modelDependent(b []byte) bool {
	for _, op := range []string{"\x0f\xa2", "\x0f\x31", "\x0f\x01\xd0"} {
		if strings.HasPrefix(string(b), op) {
			return true
		}
	}
	return false
}

// compareSteps runs args in the machine and natively: the machine goes through
// the same instructions as the processor does under ptrace, with the same
// general registers before each (unless addresses is set: they show what is
// the host's, such as the size of a signal frame). The processor is given the
// machine's initial stack, results of system calls, and CPUID.
func compareSteps(t *testing.T, addresses bool, args ...string) {
	t.Helper()
	env := []string{"LANG=C"}
	m := record(t, Config{Env: env}, args, filepath.Dir(args[len(args)-1]))
	require.Equal(t, NoBound, m.end.Bound)
	native := startTracee(t, widthOf(t, args[0]), env, args)
	got := native.follow(m)
	require.Empty(t, firstDifference(m.states, got, addresses), "after %d instructions in %s", len(got), args[0])
	require.True(t, native.ended)
	require.True(t, same(m.end, native.end), "the machine: %v; natively: %v", m.end, native.end)
	t.Logf("%d instructions, %d results given", len(got), len(m.given))
}

// TestSteps: programs without a library, in both widths.
func TestSteps(t *testing.T) {
	for _, width := range []string{"-m64", "-m32"} {
		t.Run(width, func(t *testing.T) {
			prog := compile(t, "steps.c", "gcc", width, "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie",
				"-fno-tree-loop-distribute-patterns", "-msse2")
			for _, name := range strings.Fields("primes sort crc collatz sha matrix strings interpret big memory calls") {
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					compareSteps(t, false, prog, name)
				})
			}
		})
	}
}

// TestStepsLibraries: programs with a C library, one with signals.
func TestStepsLibraries(t *testing.T) {
	for name, compiler := range libraries {
		t.Run(name, func(t *testing.T) {
			for _, source := range []string{"steplibc.c", "heap.c"} {
				t.Run(source, func(t *testing.T) {
					t.Parallel()
					compareSteps(t, true, compile(t, source, compiler(t)...))
				})
			}
		})
	}
}

// TestStepsBusybox: a program as a distribution built it.
func TestStepsBusybox(t *testing.T) {
	box := linuxtest.Busybox(t, "amd64")
	text := writeFile(t, t.TempDir(), "text", "b\na\nhello world\n")
	for _, args := range [][]string{{"echo", "hello"}, {"wc", text}, {"sha256sum", text}} {
		t.Run(args[0], func(t *testing.T) {
			t.Parallel()
			compareSteps(t, true, append([]string{box}, args...)...)
		})
	}
}

// firstDifference says where two runs part, or "".
func firstDifference(machine, native []registers, addresses bool) string {
	for i, s := range native {
		if i >= len(machine) {
			return fmt.Sprintf("instruction %d: the machine has ended, natively %v", i, s)
		}
		m := machine[i]
		differ := s.pc != m.pc
		for r := range s.gpr {
			const tf = 1 << 8 // SYSCALL shows the stepper's TF in R11
			differ = differ || !addresses && (s.gpr[r]^m.gpr[r])&^tf != 0
		}
		if differ {
			return fmt.Sprintf("instruction %d:\n machine  %v\n natively %v\n before   %v", i, m, s, machine[max(i-1, 0)])
		}
	}
	if len(machine) > len(native) {
		return fmt.Sprintf("natively ended after %d instructions, the machine after %d", len(native), len(machine))
	}
	return ""
}

// widthOf is the register width of an ELF file.
func widthOf(t *testing.T, file string) int {
	t.Helper()
	f, err := elf.Open(file)
	require.NoError(t, err)
	defer f.Close()
	if f.Class == elf.ELFCLASS32 {
		return 32
	}
	return 64
}
