package tracekprobe_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// The functions of "adding" are called with ecx 0 and 3.
func TestE4EventFilterAndTriggers(t *testing.T) {
	for _, engine := range []string{"2002", "modern"} {
		r := newRig(t, x86.I386, engine, adding)
		require.NoError(t, r.t.Define("p:g/a add cx=%cx:u32 c=$comm"))
		require.NoError(t, r.t.WriteFile("events/g/a/filter", `cx == 3 && c == "main"`, true))
		require.Equal(t, "cx == 3 && c == \"main\"\n", r.read("events/g/a/filter"))
		require.ErrorIs(t, r.t.WriteFile("events/g/a/filter", "cy == 3", true), events.EINVAL)
		require.Contains(t, r.read("events/g/a/filter"), "parse_error: Field not found")
		require.NoError(t, r.t.WriteFile("events/g/a/filter", "cx == 3", true))
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
	r := newRig(t, x86.I386, "modern", adding)
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

// What a snapshot trigger takes away and a histogram counts is put back with the machine.
func TestE4SnapshotAndHistogram(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	require.NoError(t, r.t.Define("p:g/a add cx=%cx:u32"))
	require.NoError(t, r.t.WriteFile("events/g/a/trigger", "snapshot if cx == 3", false))
	require.NoError(t, r.t.WriteFile("events/g/a/trigger", "hist:keys=cx:sort=cx", false))
	start := r.m.Snapshot()
	for range 2 {
		r.run()
		require.Equal(t, []string{"a: (add+0x0/0x7) cx=3"}, r.columns(), "the record that asked for it comes behind")
		require.Contains(t, r.read("snapshot"), "cx=0")
		require.Contains(t, r.read("events/g/a/hist"), "{ cx:          0 } hitcount:          1\n{ cx:          3 } hitcount:          1\n\nTotals:\n    Hits: 2\n")
		r.m.Restore(start)
		require.NotContains(t, r.read("snapshot"), "cx=0")
		require.Contains(t, r.read("events/g/a/hist"), "Hits: 0\n")
	}
}

// Two states that differ only in what a trigger still does are two for who looks at counts, and one for who does not.
func TestTriggersAreInHashes(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	require.NoError(t, r.t.Define("p:g/a add"))
	hash := func(text string) uint64 {
		before := r.m.Snapshot()
		defer r.m.Restore(before)
		require.NoError(t, r.t.WriteFile("events/g/a/trigger", text, false))
		return r.m.Hash(false)
	}
	require.NotEqual(t, hash("traceoff:1"), hash("traceoff:2"))
	r.t.LeaveOutCounts(true)
	require.Equal(t, hash("traceoff:1"), hash("traceoff:2"))
}

// An option, a clock and trace_pipe are the array's here too.
func TestE4OptionsClocksAndPipe(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	require.NoError(t, r.t.Define("p:g/a add cx=%cx:u32"))
	require.NoError(t, r.t.WriteFile("trace_clock", "counter", true))
	require.NoError(t, r.t.WriteFile("options/irq-info", "0", true))
	r.run()
	require.Equal(t, "            main-100     [000]             1: a: (add+0x0/0x7) cx=0\n"+
		"            main-100     [000]             2: a: (add+0x0/0x7) cx=3\n", r.read("trace_pipe"))
	require.Empty(t, r.read("trace_pipe"))
}

// set_event takes words: GROUP:EVENT with nothing or "*" for all, or the name of a group or of events; "!" disables.
func TestE4SetEvent(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	for _, line := range []string{"p:g/a add", "p:g/b add+5", "p:h/a add+5"} {
		require.NoError(t, r.t.WriteFile("kprobe_events", line, false))
	}
	for _, c := range []struct {
		text     string
		truncate bool
		want     string // set_event then, newest first
		err      error
	}{
		{"g:a", false, "g:a\n", nil},
		{"h:", false, "h:a\ng:a\n", nil},
		{"!g:a", false, "h:a\n", nil},
		{"a", false, "h:a\ng:a\n", nil},
		{"!h", false, "g:a\n", nil},
		{"*:b", true, "g:b\n", nil},
		{":a !*:b", false, "h:a\ng:a\n", nil},
		{"g:b none h:a", true, "g:b\n", events.EINVAL},
		{"G:a", false, "g:b\n", events.EINVAL},
		{"g:*", false, "g:b\ng:a\n", nil},
		{"*:*", false, "h:a\ng:b\ng:a\n", nil},
		{"", true, "", nil},
	} {
		require.ErrorIs(t, r.t.WriteFile("/sys/kernel/tracing/set_event", c.text, c.truncate), c.err, "%q", c.text)
		require.Equal(t, c.want, r.read("set_event"), "%q", c.text)
	}
}

// A file that a kernel has and this one does not is told from a misspelt one.
func TestE4FilesThatAreNotModelled(t *testing.T) {
	r := newRig(t, x86.I386, "modern", adding)
	for name, want := range map[string]error{
		"buffer_size_kb": tracefs.ErrNotModelled, "/sys/kernel/tracing/per_cpu/cpu0/stats": tracefs.ErrNotModelled, "uprobe_events": tracefs.ErrNotModelled, "trace_clok": events.ENOENT,
		"/sys/kernel/debug/tracing/instances/x/trace": tracefs.ErrNotModelled, "events/kprobes/none/enable": events.ENOENT, "/proc/stat": events.ENOENT,
	} {
		_, err := r.t.ReadFile(name)
		require.ErrorIs(t, err, want, name)
		require.ErrorIs(t, r.t.WriteFile(name, "1", true), want, name)
	}
	_, err := r.t.ReadFile("/sys/kernel/debug/kprobes/list")
	require.NoError(t, err)
}
