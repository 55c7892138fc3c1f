package traceuprobe

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events/tracefs"
	"trapline/internal/uprobes"
	"trapline/internal/x86"
)

// File offsets in testdata/bin/stack32 and execstack32.
const (
	stepPlace = "0x1016"
	callPlace = "0x1019"
)

// end2005 runs one of the programs with a probe under an engine and gives its status.
func end2005(t *testing.T, program, place string, e uprobes.Engine) string {
	r := newRigOf(t, guestRoot(t, program), x86.I386, e, Config{Records: DefaultRecords})
	r.load(t, "/t/"+program)
	require.NoError(t, r.session.Registry().Write(tracefs.UprobeEvents, []byte("p:o/x /t/"+program+":"+place+"\n")))
	require.NoError(t, r.session.Registry().SetGroup("o", true))
	out := r.run(t)
	require.NotEmpty(t, r.session.Entries())
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

// In the stack's last page no mapping is found behind the stack pointer: the error is ignored, and of the instruction
// only what stands behind its first byte is run.
func TestO6IgnoredError(t *testing.T) {
	const first = "0x1000" // sub $0xa000,%esp: behind its first byte stands "in (%dx),%al"
	require.Equal(t, intact, end2005(t, "execstack32", first, uprobes.Described2005))
	r := newRigOf(t, guestRoot(t, "execstack32"), x86.I386, uprobes.Coded2005, Config{Records: DefaultRecords})
	r.load(t, "/t/execstack32")
	require.NoError(t, r.session.Registry().Write(tracefs.UprobeEvents, []byte("p:o/x /t/execstack32:"+first+"\n")))
	require.NoError(t, r.session.Registry().SetGroup("o", true))
	require.Equal(t, segfault, r.run(t))
	require.Contains(t, r.log, "No vma found")
}
