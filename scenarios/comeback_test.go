package scenarios_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/kprobes/props"
	"trapline/scenarios"
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
			for _, o := range []scenarios.Options{{}, {Direct: true}} {
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
	r := open(t, parse(t, looping(waitForCounter)), scenarios.Options{})
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
	r := open(t, parse(t, looping(waitForCounter)), scenarios.Options{})
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
