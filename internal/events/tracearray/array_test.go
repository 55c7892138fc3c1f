package tracearray_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// kernel is a registry with two events, o/l and o/m, and an array.
type kernel struct {
	*testing.T
	r    *tracefs.Registry
	a    *tracearray.Array
	time uint64
}

type files struct{}

func (files) Stat(string) (events.File, events.Errno) { return events.File{ID: 1, Regular: true}, 0 }

func newKernel(t *testing.T) *kernel {
	k := &kernel{T: t}
	k.r = tracefs.New(tracefs.Config{Arch: x86.AMD64, Uprobes: tracefs.FilesOnly{Files: files{}}, CPUs: 1, FirstID: 1400})
	require.NoError(t, k.r.Write(tracefs.UprobeEvents, []byte("p:o/l /f:0x10 a=%di:u32 s=$comm\np:o/m /f:0x20 b=%si:s16\n")))
	k.a = tracearray.New(tracearray.Config{Registry: k.r, CPUs: 2, Now: func() uint64 { return k.time },
		Stack: func(*tracearray.Raised) []string { return []string{"inner", "outer"} }})
	return k
}

// machine is what the fetch arguments see.
type machine struct{ di, si uint64 }

func (m machine) Register(r events.Reg) uint64 {
	if r == events.RegSI {
		return m.si
	}
	return m.di
}
func (machine) ReadUser(uint64, []byte) int   { return 0 }
func (machine) ReadKernel(uint64, []byte) int { return 0 }
func (machine) Comm() string                  { return "prog" }

// fire raises an event, if it is planted.
func (k *kernel) fire(name string, value uint64) {
	e := k.r.Event("o", name)
	if !e.Enabled {
		return
	}
	rec, ok := fetch.NewFetcher(e.Probes[0].Program, nil).Fetch(machine{value, value}, fetch.Hit{Addr: 0x400010})
	require.True(k, ok)
	k.time += 1000
	k.a.Raise(e, &tracearray.Raised{
		TraceEntry: tracefs.TraceEntry{Comm: "prog", PID: 7, TGID: 7, Flags: tracefs.UprobeFlags, Time: k.time},
		Record:     rec, Context: [2]byte{0xff, 0xff},
	})
}

func (k *kernel) write(file, text string) error {
	if err := k.a.Open(file, true); err != nil {
		return err
	}
	return k.a.Write(file, text+"\n")
}

func (k *kernel) read(file string) string {
	s, err := k.a.ReadFile(file)
	require.NoError(k, err, file)
	return s
}

// places are the records' function columns.
func (k *kernel) places() string {
	var l []string
	for line := range strings.Lines(k.a.Lines()) {
		_, text, _ := strings.Cut(strings.TrimSpace(line), ": ")
		l = append(l, text)
	}
	return strings.Join(l, "; ")
}

// values are the same without the address.
func (k *kernel) values() string { return strings.ReplaceAll(k.places(), "(0x400010) ", "") }

func TestFilterFile(t *testing.T) {
	k := newKernel(t)
	require.NoError(t, k.write("events/o/l/enable", "1"))
	require.Equal(t, "none\n", k.read("events/o/l/filter"))
	require.NoError(t, k.write("events/o/l/filter", ` a > 1 && s == "prog" && common_pid == 7 `))
	require.Equal(t, ` a > 1 && s == "prog" && common_pid == 7`+"\n", k.read("events/o/l/filter"))
	for i := range 4 {
		k.fire("l", uint64(i))
	}
	require.Equal(t, `l: a=2 s="prog"; l: a=3 s="prog"`, k.values())
	require.ErrorIs(t, k.write("events/o/l/filter", "b == 1"), events.EINVAL)
	require.Equal(t, "b == 1\n  ^\nparse_error: Field not found\n\n", k.read("events/o/l/filter"))
	require.Contains(t, k.r.ErrorLog(), "event filter parse error: error: Field not found\n  Command: b == 1\n             ^\n")
	k.fire("l", 0)
	require.Contains(t, k.values(), "a=0", "after a refusal nothing is filtered")
	require.NoError(t, k.write("events/o/l/filter", "0"))
	require.Equal(t, "none\n", k.read("events/o/l/filter"))
}

func TestGroupFilter(t *testing.T) {
	k := newKernel(t)
	require.NoError(t, k.write("events/o/filter", "b < 0"))
	require.Equal(t, "b < 0\n", k.read("events/o/m/filter"))
	require.Equal(t, "b < 0\n^\nparse_error: Couldn't find or set field in one of a subsystem's events\n\n", k.read("events/o/l/filter"))
	require.Contains(t, k.read("events/o/filter"), "### global filter ###\n")
}

func TestTriggerFile(t *testing.T) {
	k := newKernel(t)
	const file = "events/o/l/trigger"
	require.Contains(t, k.read(file), "# Available triggers:\n# traceon traceoff snapshot stacktrace enable_event")
	for text, want := range map[string]error{
		"nosuch": events.EINVAL, "traceon:": nil, "traceoff:x": events.EINVAL, "stacktrace:5x": events.EINVAL,
		"enable_event": events.EINVAL, "enable_event:o": events.EINVAL, "enable_event:o:nosuch": events.EINVAL,
		"enable_event:o:m:": events.EINVAL, "traceon when a == 1": events.EINVAL, "traceon if": events.EINVAL,
		"traceon if nosuch == 1": events.EINVAL, "hist": events.EINVAL, "hist:keys=nosuch": events.EINVAL,
		"hist:keys=a:sort=s": events.EINVAL, "hist:keys=a:size=1": events.EINVAL, "hist:vals=a": events.EINVAL,
	} {
		if want == nil {
			require.NoError(t, k.write(file, text), text)
			require.NoError(t, k.write(file, "!"+text), text)
			continue
		}
		require.ErrorIs(t, k.write(file, text), want, text)
	}
	require.NoError(t, k.write(file, "traceoff:3 if a == 5"))
	require.ErrorIs(t, k.write(file, "traceon"), events.EEXIST, "one of a kind")
	require.NoError(t, k.write(file, "enable_event:o:m:2"))
	require.NoError(t, k.write(file, "snapshot"))
	require.Equal(t, "snapshot:unlimited\nenable_event:o:m:count=2\ntraceoff:count=3 if a == 5\n", k.read(file))
	require.Equal(t, "0*\n", k.read("events/o/l/enable"))
	require.Equal(t, "0*\n", k.read("events/o/m/enable"))
	require.NoError(t, k.write("events/o/l/enable", "1"))
	require.Equal(t, "1*\n", k.read("events/o/l/enable"))
	for _, text := range []string{"!traceon", "!enable_event:o:m", "!snapshot", "!snapshot"} {
		require.NoError(t, k.write(file, text))
	}
	require.Equal(t, "1\n", k.read("events/o/l/enable"))
	require.Equal(t, "0\n", k.read("events/o/m/enable"))
}

func TestTriggersAct(t *testing.T) {
	k := newKernel(t)
	require.NoError(t, k.write("events/o/l/trigger", "enable_event:o:m:1 if a == 1"))
	k.fire("m", 1) // planted, but not recorded yet
	k.fire("l", 1) // never enabled itself
	k.fire("m", 2)
	require.Equal(t, "m: b=2", k.values())
	require.NoError(t, k.write("events/o/m/trigger", "stacktrace:1 if b == 3"))
	k.fire("m", 3)
	k.fire("m", 3)
	require.Equal(t, 2, strings.Count(k.a.Lines(), "b=3"))
	require.Equal(t, 1, strings.Count(k.a.Lines(), "<stack trace>\n => inner\n => outer\n"))
	require.NoError(t, k.write("events/o/m/trigger", "traceoff if b == 4"))
	k.fire("m", 4)
	k.fire("m", 5)
	require.Contains(t, k.values(), "b=4")
	require.NotContains(t, k.values(), "b=5")
	require.Equal(t, "0\n", k.read("tracing_on"))
}

func TestSnapshotSwapsBuffers(t *testing.T) {
	k := newKernel(t)
	require.NoError(t, k.write("events/o/m/enable", "1"))
	require.NoError(t, k.write("events/o/l/trigger", "snapshot:1"))
	k.fire("m", 1)
	k.fire("l", 0)
	require.Empty(t, k.values())
	require.Contains(t, k.read("snapshot"), "b=1")
}

func TestEventPIDs(t *testing.T) {
	k := newKernel(t)
	require.NoError(t, k.write("events/o/m/enable", "1"))
	require.NoError(t, k.write("set_event_pid", "9 8"))
	require.Equal(t, "8\n9\n", k.read("set_event_pid"))
	k.fire("m", 1)
	require.NoError(t, k.a.Write("set_event_pid", "7\n"))
	k.fire("m", 2)
	require.Equal(t, "m: b=2", k.values())
	require.ErrorIs(t, k.write("set_event_pid", "x"), events.EINVAL)
}

// A record of o/m takes 24 bytes with its header; a page has room for 170.
func TestRingOfPages(t *testing.T) {
	k := newKernel(t)
	require.Equal(t, "7 (expanded: 1408)\n", k.read("buffer_size_kb"))
	require.NoError(t, k.write("events/o/m/enable", "1"))
	require.Equal(t, "1410\n", k.read("buffer_size_kb"))
	require.NoError(t, k.write("buffer_size_kb", "4"))
	const inPage = 4080 / 24
	for i := range 3 * inPage {
		k.fire("m", uint64(i))
	}
	require.Len(t, k.a.Entries(), 2*inPage, "the oldest page was overwritten")
	require.Contains(t, k.read("per_cpu/cpu0/stats"), fmt.Sprintf("entries: %d\noverrun: %d\n", 2*inPage, inPage))
	pipe := k.read("trace_pipe")
	require.Equal(t, 2*inPage, strings.Count(pipe, "\n"))
	require.Empty(t, k.read("trace_pipe"))
	require.Empty(t, k.values())
	require.NoError(t, k.write("options/overwrite", "0"))
	require.NoError(t, k.write("trace", ""))
	for i := range 3 * inPage {
		k.fire("m", uint64(i))
	}
	require.Len(t, k.a.Entries(), 2*inPage)
	require.Contains(t, k.values(), "b=0;", "the oldest stay")
	require.Contains(t, k.read("per_cpu/cpu0/stats"), fmt.Sprintf("dropped events: %d\n", inPage))
	for _, bad := range []string{"0", "x", ""} {
		require.ErrorIs(t, k.write("buffer_size_kb", bad), events.EINVAL)
	}
}

func TestHistogram(t *testing.T) {
	k := newKernel(t)
	require.NoError(t, k.write("events/o/l/trigger", "hist:keys=s,a.hex:vals=a:sort=a.descending,hitcount:size=130 if a < 20"))
	for _, v := range []uint64{3, 17, 3, 99} {
		k.fire("l", v)
	}
	require.Equal(t, "# event histogram\n#\n# trigger info: hist:keys=s,a.hex:vals=hitcount,a:sort=a.descending,hitcount:size=256 if a < 20 [active]\n#\n\n"+
		"{ s: "+fmt.Sprintf("%-50s", "prog")+", a.hex: 11 } hitcount:          1  a:         17\n"+
		"{ s: "+fmt.Sprintf("%-50s", "prog")+", a.hex: 3 } hitcount:          2  a:          6\n"+
		"\nTotals:\n    Hits: 3\n    Entries: 2\n    Dropped: 0\n", k.read("events/o/l/hist"))
	require.Empty(t, k.values(), "the event itself is not enabled")
}

func TestOptionsAndClock(t *testing.T) {
	k := newKernel(t)
	for _, bad := range []string{"nosuch", "nonosuch", "fields", ""} {
		require.ErrorIs(t, k.write("trace_options", bad), events.EINVAL, bad)
	}
	require.NoError(t, k.write("trace_options", "nooverwrite"))
	require.Equal(t, "0\n", k.read("options/overwrite"))
	require.Equal(t, "local [global] counter uptime perf mono mono_raw boot tai x86-tsc\n", k.read("trace_clock"))
	require.ErrorIs(t, k.write("trace_clock", "sundial"), events.EINVAL)
	require.NoError(t, k.write("trace_clock", "x86-tsc"))
	require.Equal(t, "local global counter uptime perf mono mono_raw boot tai [x86-tsc]\n", k.read("trace_clock"))
}

func TestSaveAndRestore(t *testing.T) {
	k := newKernel(t)
	require.NoError(t, k.write("events/o/l/enable", "1"))
	require.NoError(t, k.write("events/o/l/trigger", "hist:keys=a"))
	require.NoError(t, k.a.Write("events/o/l/trigger", "traceoff:1 if a == 2"))
	k.fire("l", 1)
	s, r := k.a.Save(), k.r.Save()
	first := func() string {
		k.fire("l", 2)
		k.fire("l", 3)
		return k.a.Text() + k.read("events/o/l/hist") + k.read("events/o/l/trigger") + k.read("tracing_on")
	}
	time := k.time
	want := first()
	k.a.Restore(s)
	k.r.Restore(r)
	k.time = time
	require.Equal(t, `l: a=1 s="prog"`, k.values())
	require.Equal(t, want, first())
}
