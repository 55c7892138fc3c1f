package trace_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/emu"
	"trapline/kprobes/events"
)

// The functions of "adding" are called with ecx 0 and 3.
func TestE4EventFilterAndTriggers(t *testing.T) {
	for _, engine := range []string{"2002", "modern"} {
		r := newRig(t, emu.I386, engine, adding)
		require.NoError(t, r.t.Define("p:g/a add cx=%cx:u32 c=$comm"))
		require.NoError(t, r.t.WriteFile("events/g/a/filter", `cx == 3 && c == "main"`, true))
		require.Equal(t, "cx == 3 && c == \"main\"\n", r.read("events/g/a/filter"))
		require.ErrorIs(t, r.t.WriteFile("events/g/a/filter", "cy == 3", true), events.EINVAL)
		require.Contains(t, r.read("events/g/a/filter"), "parse_error: Field not found")
		require.NoError(t, r.t.WriteFile("events/g/a/filter", "cx == 3", true))
		require.ErrorIs(t, r.t.WriteFile("events/g/a/trigger", "snapshot", true), events.EINVAL, "there is no second buffer")
		require.NoError(t, r.t.WriteFile("events/g/a/trigger", "stacktrace:1 if cx == 3", true))
		start := r.m.Snapshot()
		for range 2 {
			r.run()
			require.Equal(t, []string{`a: (add+0x0/0x7) cx=3 c="main"`, "<stack trace>\n => add"}, r.columns())
			require.Len(t, r.t.Records(), 1)
			require.Regexp(t, ` 2 +0\n$`, r.read("kprobe_profile"), "a filter does not change what is counted")
			require.Equal(t, "stacktrace:count=0 if cx == 3\n", r.read("events/g/a/trigger"))
			r.m.Restore(start)
			require.Equal(t, "stacktrace:count=1 if cx == 3\n", r.read("events/g/a/trigger"))
		}
	}
}

// A trigger on a disabled event arms its probe without recording; tracing goes off behind the record that asks for it.
func TestE4TriggersOfOtherEvents(t *testing.T) {
	r := newRig(t, emu.I386, "modern", adding)
	for _, line := range []string{"p:g/a add cx=%cx:u32", "p:g/b add+5 cx=%cx:u32"} {
		require.NoError(t, r.t.WriteFile("kprobe_events", line, false))
	}
	require.NoError(t, r.t.WriteFile("events/g/a/trigger", "enable_event:g:b if cx == 0", true))
	require.NoError(t, r.t.WriteFile("events/g/b/trigger", "traceoff if cx == 3", true))
	require.Equal(t, "0*\n", r.read("events/g/a/enable"))
	r.run()
	require.Equal(t, []string{"b: (add+0x5/0x7) cx=0", "b: (add+0x5/0x7) cx=3"}, r.columns())
	require.Equal(t, "0\n", r.read("tracing_on"))
	require.Equal(t, "1*\n", r.read("events/g/b/enable"))
	require.Equal(t, "g:b\ng:a\n", r.read("available_events"))
}
