//go:build linux && amd64

package linux

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
)

// state is the registers before an instruction.
type state struct {
	pc  uint64
	gpr [16]uint64
}

// given is what a native run takes from the machine: the result of a system
// call, or the registers after CPUID and the like.
type given struct {
	pc, next uint64
	call     *CallRecord // nil: not a system call
	after    [16]uint64
}

// recording is a run of the machine, instruction by instruction. Repetitions
// of a string instruction and faults that the kernel mends are one entry.
type recording struct {
	sp, top uint64
	stack   []byte // from sp to top at the start
	states  []state
	given   []given
	end     Result
}

// record runs args in the machine, one step at a time.
func record(t *testing.T, cfg Config, args []string, dirs ...string) *recording {
	t.Helper()
	fs, err := OpenFiles(append(dirs, args[0])...)
	require.NoError(t, err)
	defer fs.Close()
	var calls []CallRecord
	cfg.FS, cfg.Path, cfg.Args = fs, args[0], args
	cfg.OnCall = func(c CallRecord) { calls = append(calls, c) }
	k, err := New(cfg)
	require.NoError(t, err)
	defer k.Close()
	start := k.init.thr[0]
	r := &recording{sp: start.Core().GPR[emu.RSP], top: k.layout.stackTop}
	r.stack = make([]byte, r.top-r.sp)
	require.True(t, k.init.mm.Read(r.sp, r.stack))
	for !k.Done() {
		if k.ready(0) == nil {
			continue
		}
		core := k.current[0].Core()
		if n := len(r.states); n == 0 || r.states[n-1].pc != core.RIP {
			r.states = append(r.states, state{core.RIP, core.GPR})
		}
		before := len(calls)
		ev := k.Step(0)
		require.NoError(t, k.m.Err())
		g := given{pc: ev.PC, next: ev.After.RIP, after: ev.After.GPR}
		if len(calls) > before {
			g.call = &calls[before]
			g.after[emu.RAX] = k.m.Arch.Mask(uint64(g.call.Value))
		}
		if g.call != nil || modelDependent(ev.Bytes) {
			r.given = append(r.given, g)
		}
	}
	r.end = k.Result()
	return r
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

// stepProgram is one program of TestSteps.
type stepProgram struct {
	name      string
	args      []string
	width     int
	addresses bool // compare addresses only: registers show what is the host's
}

// TestSteps: the machine goes through the same instructions as the processor
// does under ptrace, with the same general registers before each, when the
// processor is given the machine's initial stack, results of system calls, and
// CPUID.
func TestSteps(t *testing.T) {
	for _, p := range stepPrograms(t) {
		t.Run(fmt.Sprintf("%s-%d", p.name, p.width), func(t *testing.T) {
			env := []string{"LANG=C"}
			m := record(t, Config{Env: env}, p.args, filepath.Dir(p.args[len(p.args)-1]))
			require.Equal(t, NoBound, m.end.Bound)
			native := startTracee(t, p.width, env, p.args)
			got := native.follow(m)
			require.Empty(t, firstDifference(m.states, got, p.addresses), "after %d instructions in %s", len(got), p.args[0])
			require.True(t, native.ended)
			require.True(t, same(m.end, native.end), "the machine: %v; natively: %v", m.end, native.end)
			t.Logf("%d instructions, %d results given", len(got), len(m.given))
		})
	}
}

// firstDifference says where two runs part, or "".
func firstDifference(machine, native []state, addresses bool) string {
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

// stepPrograms are programs without a library in both widths, and programs
// with one where the host has it.
func stepPrograms(t *testing.T) []stepProgram {
	var list []stepProgram
	for _, m := range []string{"-m64", "-m32"} {
		prog := compile(t, "steps.c", "gcc", m, "-nostdlib", "-ffreestanding", "-fno-stack-protector", "-fno-pic", "-no-pie",
			"-fno-tree-loop-distribute-patterns", "-msse2")
		for _, name := range strings.Fields("primes sort crc collatz sha matrix strings interpret big memory calls") {
			list = append(list, stepProgram{name: name, args: []string{prog, name}, width: widthOf(t, prog)})
		}
	}
	return list
}
