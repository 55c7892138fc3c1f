package scenario_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/kprobes/props"
	"trapline/internal/scenario"
)

// Loops of two vCPUs.
const (
	mainLoops = `	.globl main, other
main:	jmp main
other:	ret
`
	bothWait = `	.globl main, other
main:	xchg %eax, lock
	test %eax, %eax
	jne main
	ret
other:	xchg %ebx, lock
	test %ebx, %ebx
	jne other
	ret
	.data
lock:	.long 7
`
	waitForCounter = `	.globl main, other
main:	cmpb $0, flag
	je main
	ret
other:	mov $5000, %ecx
1:	loop 1b
	movb $1, flag
	ret
	.data
flag:	.long 0
`
	// Each time round all registers and memory are as they were.
	waitForTime = `	.globl main, other
main:	rdtsc
	cmp $3000, %eax
	setae %al
	test %al, %al
	mov $0, %eax
	mov $0, %edx
	je main
	ret
other:	ret
`
)

func looping(code string) string {
	return "Loops.\n-- machine --\ncpus 2\n-- text.S --\n" + code + "-- tasks --\ncpu 0 at main eax=1\ncpu 1 at other ebx=1\n"
}

// TestV4RunFindsAStateThatComesBack: with the whole state the run repeats, and
// only then.
func TestV4RunFindsAStateThatComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		code  string
		never bool
	}{
		"one loops": {mainLoops, true}, "both wait for a lock": {bothWait, true},
		"the other comes to it": {waitForCounter, false}, "a clock runs": {waitForTime, false},
	} {
		t.Run(name, func(t *testing.T) {
			for _, o := range []scenario.Options{{}, {Direct: true}} {
				r := open(t, parse(t, looping(c.code)), o)
				require.NoError(t, r.Finish(t.Context(), nil))
				if !c.never {
					require.Empty(t, r.Violations())
					continue
				}
				require.Len(t, r.Violations(), 1)
				require.Equal(t, props.NoLivelock, r.Violations()[0].Property)
				require.Less(t, r.Steps(), uint64(300), "it is found soon")
			}
		})
	}
}

// TestV4AnUnfairRunIsNoLivelock: a vCPU that somebody makes spin for long is
// not judged.
func TestV4AnUnfairRunIsNoLivelock(t *testing.T) {
	r := open(t, parse(t, looping(waitForCounter)), scenario.Options{})
	for range 1000 {
		r.Step(0)
	}
	require.Empty(t, r.Done())
	require.NoError(t, r.Finish(t.Context(), nil))
	require.Empty(t, r.Violations())
}

// TestV4GoingBackIsNotComingBack: a state that a snapshot brings back was not
// reached again by the run.
func TestV4GoingBackIsNotComingBack(t *testing.T) {
	r := open(t, parse(t, looping(waitForCounter)), scenario.Options{})
	start := r.Machine.Snapshot()
	for range 5 {
		r.Machine.Restore(start)
		for range 200 {
			cpu, ok := r.Next()
			require.True(t, ok)
			r.Step(cpu)
			require.Empty(t, r.Violations())
		}
	}
}

// V4: so with a loop of a program that makes system calls, but not while one
// waits for a point in time, and a deadlock names the calls.
func TestV4RunFindsAProgramThatComesBack(t *testing.T) {
	program := func(loop string) string {
		return "A loop.\n-- machine --\narch x86_64\nengine none\nmemory 1M\n-- linux --\n-- text.S --\n\t.globl _start\n_start:\n" + loop +
			"\tmovl $60, %eax\n\txorl %edi, %edi\n\tsyscall\n\t.data\nnap: .quad 0, 1000\nts: .quad 0, 0\n-- check --\nno-deadlock\nno-livelock\n"
	}
	const sleeps = "1:\tmovl $35, %eax\n\tmovl $nap, %edi\n\txorl %esi, %esi\n\tsyscall\n"
	for name, c := range map[string]struct{ loop, violated, text string }{
		"yields":   {"1:\tmovl $24, %eax\n\tsyscall\n\tjmp 1b\n", props.NoLivelock, "comes back"},
		"sleeps":   {sleeps + "\tjmp 1b\n", props.NoLivelock, "comes back"},
		"sleeps 9": {"\tmovl $9, %ebx\n" + sleeps + "\tdecl %ebx\n\tjnz 1b\n", "", ""},
		"asks for the time": {"1:\tmovl $228, %eax\n\tmovl $1, %edi\n\tmovl $ts, %esi\n\tsyscall\n\tcmpl $2000, ts+8\n" +
			"\tmovl $0, ts+8\n\tjl 1b\n", "", ""},
		"waits": {"\tmovl $202, %eax\n\tmovl $nap, %edi\n\txorl %esi, %esi\n\txorl %edx, %edx\n\txorl %r10d, %r10d\n\tsyscall\n",
			props.NoDeadlock, "thread 100 in futex(0x"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, parse(t, program(c.loop)), scenario.Options{})
			require.NoError(t, r.Finish(t.Context(), nil))
			if c.violated == "" {
				require.Empty(t, r.Violations(), "%v", r.Done())
				return
			}
			require.Len(t, r.Violations(), 1)
			require.Equal(t, c.violated, r.Violations()[0].Property)
			require.Contains(t, r.Violations()[0].Text, c.text)
		})
	}
}
