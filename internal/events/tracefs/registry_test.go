package tracefs_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

// engine is a kernel and a file system that accept everything, but for what
// a test tells them.
type engine struct {
	*tracefs.AssumedKernel
	modules map[string]bool // loaded modules; nil means all
	refuse  map[string]events.Errno
	calls   []string
	log     []string
	planted map[*tracefs.Probe]bool // what is registered now
}

func newEngine() *engine {
	return &engine{AssumedKernel: tracefs.NewAssumedKernel(x86.AMD64), refuse: map[string]events.Errno{}, planted: map[*tracefs.Probe]bool{}}
}

func (e *engine) registry(change func(*tracefs.Config)) *tracefs.Registry {
	cfg := tracefs.Config{Arch: x86.AMD64, Kprobes: e, Uprobes: uprobes{e}, CPUs: 2, Printk: func(s string) { e.log = append(e.log, s) }}
	if change != nil {
		change(&cfg)
	}
	return tracefs.New(cfg)
}

func (e *engine) call(what string, p *tracefs.Probe) events.Errno {
	key := what + " " + p.On.Name
	e.calls = append(e.calls, key)
	switch {
	case what == "unregister":
		delete(e.planted, p)
	case what == "register" && e.refuse[key] == 0:
		e.planted[p] = true
	}
	return e.refuse[key]
}

func (e *engine) ModuleLoaded(name string) bool { return e.modules == nil || e.modules[name] }

func (e *engine) Address(name string) (uint64, bool) {
	if module, _, ok := strings.Cut(name, ":"); ok && !e.ModuleLoaded(module) {
		return 0, false
	}
	return e.AssumedKernel.Address(name)
}

func (e *engine) Register(p *tracefs.Probe) events.Errno { return e.call("register", p) }
func (e *engine) Unregister(p *tracefs.Probe)            { e.call("unregister", p) }
func (e *engine) Enable(p *tracefs.Probe) events.Errno   { return e.call("enable", p) }
func (e *engine) Disable(p *tracefs.Probe)               { e.call("disable", p) }

type uprobes struct{ e *engine }

func (u uprobes) Stat(string) (events.File, events.Errno) {
	return events.File{ID: 1, Regular: true}, 0
}
func (u uprobes) Register(p *tracefs.Probe) events.Errno { return u.e.call("register", p) }
func (u uprobes) Unregister(p *tracefs.Probe)            { u.e.call("unregister", p) }

func define(t *testing.T, r *tracefs.Registry, f tracefs.File, lines ...string) {
	t.Helper()
	require.NoError(t, r.Write(f, []byte(strings.Join(lines, "\n")+"\n")))
}

func TestE4_SameNameOf415Replaces(t *testing.T) {
	r := newEngine().registry(func(c *tracefs.Config) { c.SameName = tracefs.SameNameReplaces })
	define(t, r, tracefs.KprobeEvents, "p:g/e one %ax", "p:g/f two", "p:g/e three %bx")
	assert.Equal(t, "p:g/f two\np:g/e three arg1=%bx\n", r.Read(tracefs.KprobeEvents))
	require.NoError(t, r.SetEvent("g", "e", true))
	assert.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte("p:g/e four\n")), events.EBUSY)
	assert.Equal(t, "p:g/f two\np:g/e three arg1=%bx\n", r.Read(tracefs.KprobeEvents))
}

func TestE4_NamesOfOtherSorts(t *testing.T) {
	r := newEngine().registry(func(c *tracefs.Config) {
		c.Tracepoint = func(group, event string) bool { return group == "sched" && event == "sched_switch" }
	})
	define(t, r, tracefs.UprobeEvents, "p:g/e /f:0")
	for _, line := range []string{"p:g/e one", "p:sched/sched_switch one"} {
		require.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte(line)), events.EEXIST)
	}
	want := "trace_kprobe: error: Given group/event name is already used by another event\n  Command: %s\n           ^\n"
	assert.Equal(t, fmt.Sprintf(want+want, "p:g/e one", "p:sched/sched_switch one"), logText(r))
}

// Deleting an enabled event takes all of its probes but the last.
func TestE4_BusyEventKeepsItsLastProbe(t *testing.T) {
	for _, tc := range []struct {
		file  tracefs.File
		lines []string
		left  string
	}{
		{tracefs.KprobeEvents, []string{"p:g/e one", "p:g/e two", "p:g/e three"}, "p:g/e three\n"},
		{tracefs.UprobeEvents, []string{"p:g/e /f:1", "p:g/e /f:2"}, "p:g/e /f:0x0000000000000002\n"},
	} {
		r := newEngine().registry(nil)
		define(t, r, tc.file, tc.lines...)
		require.NoError(t, r.SetEvent("g", "e", true))
		assert.ErrorIs(t, r.Write(tc.file, []byte("-:g/e\n")), events.EBUSY)
		assert.Equal(t, tc.left, r.Read(tc.file))
		assert.ErrorIs(t, r.Truncate(tc.file), events.EBUSY)
		require.NoError(t, r.SetGroup("g", false))
		require.NoError(t, r.Truncate(tc.file))
		assert.Empty(t, r.Read(tc.file))
		assert.Empty(t, r.Events())
	}
}

func TestE4_DeletionForms(t *testing.T) {
	r := newEngine().registry(nil)
	define(t, r, tracefs.KprobeEvents, "p:g/a one", "p:g/b one", "p:h/a one", "p:h/c one %ax", "p:h/c two %ax")
	define(t, r, tracefs.UprobeEvents, "p:g/u /f:0")
	for _, tc := range []struct {
		file  tracefs.File
		line  string
		errno events.Errno
	}{
		{tracefs.KprobeEvents, "-", events.EINVAL},
		{tracefs.KprobeEvents, "-:", events.EINVAL},
		{tracefs.KprobeEvents, "-x:g/a", events.EINVAL},
		{tracefs.KprobeEvents, "!:g/a", events.EINVAL},
		{tracefs.KprobeEvents, " -:g/a", events.EINVAL},
		{tracefs.KprobeEvents, "-:/a", events.ENOENT},
		{tracefs.KprobeEvents, "-:g.a", events.ENOENT},
		{tracefs.KprobeEvents, "-:g/u", events.ENOENT},
		{tracefs.KprobeEvents, "-:h/c one arg1=%bx", events.ENOENT},
		{tracefs.KprobeEvents, "-:h/c one arg1=%ax", 0},
		{tracefs.KprobeEvents, "-:a # both groups", 0},
		{tracefs.DynamicEvents, "!p:h/c two", 0},
		{tracefs.DynamicEvents, "!", events.EINVAL},
		{tracefs.DynamicEvents, "-:g/", 0},
	} {
		assert.Equal(t, tc.errno, errnoOf(r.Write(tc.file, []byte(tc.line))), tc.line)
	}
	assert.Empty(t, r.Read(tracefs.DynamicEvents))
	assert.Empty(t, r.ErrorLog(), "deletions are not logged")
}

func TestE4_DynamicEventsTakesBothKinds(t *testing.T) {
	r := newEngine().registry(nil)
	define(t, r, tracefs.DynamicEvents, "p:g/k func", "r:g/u /f:8", "p:g/k2 func")
	assert.Equal(t, "p:g/k func\nr:g/u /f:0x0000000000000008\np:g/k2 func\n", r.Read(tracefs.DynamicEvents))
	assert.Equal(t, "p:g/k func\np:g/k2 func\n", r.Read(tracefs.KprobeEvents))
	assert.ErrorIs(t, r.Write(tracefs.DynamicEvents, []byte("e:g/x g.k")), events.EINVAL)
}

// A group is enabled newest event first, and a failure does not stop it.
func TestE4_GroupEnabling(t *testing.T) {
	e := newEngine()
	r := e.registry(nil)
	define(t, r, tracefs.UprobeEvents, "p:g/a /f:1", "p:g/b /f:2", "p:g/c /f:3", "p:h/d /f:4")
	e.refuse["register b"] = events.ENOTSUPP
	assert.ErrorIs(t, r.SetGroup("g", true), events.ENOTSUPP)
	assert.Equal(t, []string{"register c", "register b", "register a"}, e.calls)
	assert.Equal(t, []string{"event trace: Could not enable event b"}, e.log)
	state, err := r.GroupState("g")
	require.NoError(t, err)
	assert.Equal(t, "X\n", state)
	state, err = r.GroupState("h")
	require.NoError(t, err)
	assert.Equal(t, "0\n", state)
	assert.ErrorIs(t, r.SetGroup("none", true), events.ENOENT)
}

// An event that cannot be enabled at one place is enabled at none.
func TestU16_FailedEnableIsUndone(t *testing.T) {
	e := newEngine()
	count := 0
	r := e.registry(func(c *tracefs.Config) { c.Uprobes = failSecond{uprobes{e}, &count} })
	define(t, r, tracefs.UprobeEvents, "p:g/e /f:1", "p:g/e /f:2")
	assert.ErrorIs(t, r.SetEvent("g", "e", true), events.ENOEXEC)
	assert.Equal(t, []string{"register e", "unregister e"}, e.calls)
	state, err := r.EventState("g", "e")
	require.NoError(t, err)
	assert.Equal(t, "0\n", state)
}

// failSecond refuses the second probe.
type failSecond struct {
	uprobes
	count *int
}

func (f failSecond) Register(p *tracefs.Probe) events.Errno {
	if *f.count++; *f.count == 2 {
		return events.ENOEXEC
	}
	return f.uprobes.Register(p)
}

func TestE4_JoiningAnEnabledEvent(t *testing.T) {
	e := newEngine()
	r := e.registry(nil)
	define(t, r, tracefs.KprobeEvents, "p:g/e one")
	define(t, r, tracefs.UprobeEvents, "p:g/u /f:1")
	require.NoError(t, r.SetGroup("g", true))
	e.calls = nil
	define(t, r, tracefs.KprobeEvents, "p:g/e two")
	define(t, r, tracefs.UprobeEvents, "p:g/u /f:2")
	assert.Equal(t, []string{"register e", "enable e"}, e.calls, "a uprobe that joins waits for the next enabling")
	e.refuse["enable e"] = events.EINVAL
	assert.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte("p:g/e three")), events.EINVAL)
	assert.Equal(t, "p:g/e one\np:g/e two\n", r.Read(tracefs.KprobeEvents))
}

func TestE4_AddressesCountAsOnePlace(t *testing.T) {
	r := newEngine().registry(nil)
	define(t, r, tracefs.KprobeEvents, "p:g/e 0x1000")
	assert.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte("p:g/e 0x2000")), events.EEXIST)
	assert.Contains(t, logText(r), "There is already the exact same probe event")
}

func TestE5_ModuleComesAndGoes(t *testing.T) {
	e := newEngine()
	e.modules = map[string]bool{}
	r := e.registry(nil)
	define(t, r, tracefs.KprobeEvents, "p:g/e mod:start+4", "r:g/r mod:start", "p:g/k func")
	assert.Equal(t, "p:g/e mod:start+4\nr:g/r mod:start\np:g/k func\n", r.Read(tracefs.KprobeEvents))
	require.NoError(t, r.SetEvent("g", "e", true))
	assert.Equal(t, []string{"register k"}, e.calls)
	assert.Nil(t, r.Probes()[0].Program)

	e.modules["mod"] = true
	r.ModuleComing("mod")
	assert.Equal(t, []string{"register k", "register e", "enable e", "register r"}, e.calls)
	assert.Equal(t, "p:g/e mod:start+4\nr10:g/r mod:start\np:g/k func\n", r.Read(tracefs.KprobeEvents))

	r.ModuleGoing("mod")
	assert.True(t, r.Probes()[0].Gone)
	assert.False(t, r.Probes()[2].Gone)
	r.ModuleComing("mod")
	assert.False(t, r.Probes()[0].Gone)
	assert.Equal(t, []string{"unregister e", "register e", "enable e", "unregister r", "register r"}, e.calls[4:])

	e.refuse["register e"] = events.EILSEQ
	r.ModuleComing("mod")
	assert.Contains(t, e.log, "trace_kprobe: Failed to re-register probe e on mod: -84")
}

func TestE7_DefaultInstances(t *testing.T) {
	for cpus, want := range map[int]string{1: "r10", 5: "r10", 6: "r12", 8: "r16"} {
		r := newEngine().registry(func(c *tracefs.Config) { c.CPUs = cpus })
		define(t, r, tracefs.KprobeEvents, "r:g/e func")
		assert.Equal(t, want+":g/e func\n", r.Read(tracefs.KprobeEvents))
	}
}

// A number of instances that is negative as an int is neither too big nor
// used: Linux 6.1 takes the default.
func TestE7_NegativeInstances(t *testing.T) {
	e := newEngine()
	e.modules = map[string]bool{}
	r := e.registry(nil)
	define(t, r, tracefs.KprobeEvents, "r4294967295:g/e func")
	define(t, r, tracefs.KprobeEvents, "r4294967295:g/m mod:func")
	assert.Equal(t, "r10:g/e func\nr-1:g/m mod:func\n", r.Read(tracefs.KprobeEvents), "the second waits for its module")
}

// Address 0 is no address: register_kprobe() sees neither place nor symbol.
func TestE3_AddressZero(t *testing.T) {
	r := newEngine().registry(nil)
	require.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte("p:g/e +0")), events.EINVAL)
	assert.Equal(t, "trace_kprobe: error: Failed to register probe event\n  Command: p:g/e +0\n                 ^\n", logText(r))
}

func TestE3_RegistrationReasons(t *testing.T) {
	for _, tc := range []struct {
		errno events.Errno
		text  string
	}{
		{events.EINVAL, "Failed to register probe event"},
		{events.EILSEQ, "Probe point is not an instruction boundary"},
		{events.E2BIG, "Failed to register probe event"},
		{events.ENOMEM, ""},
	} {
		e := newEngine()
		e.refuse["register e"] = tc.errno
		r := e.registry(nil)
		require.ErrorIs(t, r.Write(tracefs.KprobeEvents, []byte("p:g/e func")), tc.errno)
		want := ""
		if tc.text != "" {
			want = "trace_kprobe: error: " + tc.text + "\n  Command: p:g/e func\n                 ^\n"
		}
		assert.Equal(t, want, logText(r))
		assert.Empty(t, r.Read(tracefs.KprobeEvents))
		assert.Empty(t, r.Events())
	}
}

func TestE3_ErrorLogKeepsEight(t *testing.T) {
	now := uint64(0)
	r := newEngine().registry(func(c *tracefs.Config) { c.Now = func() uint64 { now += 1_500_000_000; return now } })
	for i := range 20 {
		require.Error(t, r.Write(tracefs.UprobeEvents, fmt.Appendf(nil, "p /f:0 %%bad%d", i)))
	}
	assert.Len(t, r.LogEntries(), tracefs.MaxLog)
	assert.True(t, strings.HasPrefix(r.ErrorLog(), "[   19.500000] trace_uprobe: error: Invalid register name\n  Command: p /f:0 %bad12\n"))
	r.ClearErrorLog()
	assert.Empty(t, r.ErrorLog())
}
