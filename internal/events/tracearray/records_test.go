package tracearray_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracearray"
)

// A buffer that is bounded in records, of which the first are kept until overwrite says otherwise.
func TestBufferOfRecords(t *testing.T) {
	k := newKernel(t)
	added := 0
	k.a = tracearray.New(tracearray.Config{Registry: k.r, CPUs: 2, Records: 3, KeepFirst: true, Added: func(*tracearray.Entry) { added++ }})
	require.NoError(t, k.write("events/o/m/enable", "1"))
	for i := range 5 {
		k.fire("m", uint64(i))
	}
	require.Equal(t, "m: (0x400010) b=0; m: (0x400010) b=1; m: (0x400010) b=2", k.places())
	require.Equal(t, 2, k.a.Lost())
	require.Equal(t, 3, added)
	require.Contains(t, k.read("trace"), "# entries-in-buffer/entries-written: 3/3   #P:2\n")
	at := k.a.Sequence()
	require.Empty(t, k.a.After(at))
	start := k.a.Save()
	for range 2 {
		require.NoError(t, k.write("options/overwrite", "1"))
		k.fire("m", 7)
		require.Equal(t, "m: (0x400010) b=1; m: (0x400010) b=2; m: (0x400010) b=7", k.places())
		require.Len(t, k.a.After(at), 1)
		require.Contains(t, k.read("trace"), "# entries-in-buffer/entries-written: 3/4   #P:2\n")
		require.Contains(t, k.read("trace_pipe"), "b=1\n")
		require.Empty(t, k.places())
		k.a.Restore(start)
		require.Equal(t, "m: (0x400010) b=0; m: (0x400010) b=1; m: (0x400010) b=2", k.places())
	}
	for _, name := range []string{"buffer_size_kb", "per_cpu/cpu0/stats"} {
		_, err := k.a.ReadFile(name)
		require.ErrorIs(t, err, events.ENOENT, name)
		require.ErrorIs(t, k.write(name, "1"), events.ENOENT, name)
	}
}

// What is set shows in what state hashes have of an array, and nothing does before.
func TestConditions(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range [][2]string{{"events/o/l/enable", "1"}, {"events/o/l/filter", "a > 1"}, {"events/o/l/filter", "a > 2"}, {"events/o/l/trigger", "traceoff:1"},
		{"events/o/l/trigger", "hist:keys=a"}, {"events/o/l/trigger", "enable_event:o:m"}, {"set_event_pid", "7"}, {"trace_clock", "counter"}, {"options/overwrite", "0"}} {
		k := newKernel(t)
		require.Empty(t, k.a.Conditions())
		require.NoError(t, k.write(c[0], c[1]))
		text := ""
		for _, s := range k.a.Conditions() {
			text += s + "\n"
		}
		require.False(t, seen[text], c)
		seen[text] = true
	}
}
