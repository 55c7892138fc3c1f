package tracer

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/kprobes/events"
	"trapline/kprobes/events/tracefs"
	"trapline/kprobes/uprobes"
)

// File offsets in testdata/bin/stack32 and execstack32.
const (
	stepPlace = "0x1016"
	callPlace = "0x1019"
)

// end2005 runs one of the programs with a probe under an engine and gives its status.
func end2005(t *testing.T, program, place string, e uprobes.Engine) string {
	r := newRigOf(t, guestRoot(t, program), events.I386, e)
	r.load(t, "/t/"+program)
	require.NoError(t, r.registry.Write(tracefs.UprobeEvents, []byte("p:o/x /t/"+program+":"+place+"\n")))
	require.NoError(t, r.registry.SetGroup("o", true))
	out := r.run(t)
	require.NotEmpty(t, r.tracer.Entries())
	return out
}

const intact, overwritten, segfault = "status=exit 1\n", "status=exit 7\n", "status=signal 11\n"

func TestO1CopyBelowTheStackPointer(t *testing.T) {
	for _, program := range []string{"stack32", "execstack32"} {
		require.Equal(t, intact, end2005(t, program, stepPlace, uprobes.Modern))
		require.Equal(t, intact, end2005(t, program, callPlace, uprobes.Modern))
		require.Equal(t, intact, end2005(t, program, stepPlace, uprobes.Described2005))
	}
}

func TestO3DeltaIsNotEnoughForACall(t *testing.T) {
	require.NotEqual(t, intact, end2005(t, "stack32", callPlace, uprobes.Described2005))
}

func TestO2CopyOnLiveStack(t *testing.T) {
	require.Equal(t, overwritten, end2005(t, "execstack32", stepPlace, uprobes.Coded2005))
	require.Equal(t, segfault, end2005(t, "stack32", stepPlace, uprobes.Coded2005), "NX stays")
}
