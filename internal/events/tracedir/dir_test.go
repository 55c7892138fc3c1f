package tracedir_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/events/tracearray"
	"trapline/internal/events/tracedir"
	"trapline/internal/events/tracefs"
	"trapline/internal/x86"
)

type files struct{}

func (files) Stat(string) (events.File, events.Errno) { return events.File{ID: 1, Regular: true}, 0 }

type registers struct{}

func (registers) Register(events.Reg) uint64    { return 3 }
func (registers) ReadUser(uint64, []byte) int   { return 0 }
func (registers) ReadKernel(uint64, []byte) int { return 0 }
func (registers) Comm() string                  { return "prog" }

// ofPrograms is a directory without kernel code.
func ofPrograms(rewrite func(string) ([]string, error)) *tracedir.Dir {
	return tracedir.New(tracedir.Config{
		Registry: tracefs.Config{Arch: x86.AMD64, CPUs: 1, FirstID: 1, Uprobes: tracefs.FilesOnly{Files: files{}}},
		Array:    tracearray.Config{Records: 10},
		Counts:   func(*tracefs.Probe) tracefs.Counts { return tracefs.Counts{Hits: 4} },
		Rewrite:  rewrite,
	})
}

func fire(t *testing.T, e *tracefs.Event, a *tracearray.Array) {
	rec, ok := fetch.NewFetcher(e.Probes[0].Program, nil).Fetch(registers{}, fetch.Hit{Addr: 0x400010})
	require.True(t, ok)
	a.Raise(e, &tracearray.Raised{Record: rec})
}

// E4: the last probe of an event that was enabled takes the trace with it; one that never was does not.
func TestE4DeletedEventEmptiesTheTrace(t *testing.T) {
	d := ofPrograms(nil)
	for _, line := range []string{"p:g/a /f:0x10", "p:g/a /f:0x20", "p:g/b /f:0x30"} {
		require.NoError(t, d.WriteFile("uprobe_events", line, false))
	}
	require.NoError(t, d.WriteFile("/sys/kernel/tracing/events/g/a/enable", "1", true))
	fire(t, d.Registry().Event("g", "a"), d.Array())
	require.NoError(t, d.WriteFile("events/g/enable", "0", true))
	for _, c := range []struct {
		line string
		left int
	}{{"-:g/a /f:0x0000000000000020", 1}, {"-:g/b", 1}, {"-:g/a", 0}} {
		require.NoError(t, d.WriteFile("uprobe_events", c.line, false))
		require.Len(t, d.Records(), c.left, c.line)
	}
}

func TestFilesThatAreNotThere(t *testing.T) {
	d := ofPrograms(nil)
	for name, want := range map[string]string{
		"kprobe_events": "kprobe_events: a kernel has this file; it is not modelled\n", "kprobes/list": "kprobes/list: a kernel has this file; it is not modelled\n",
		"buffer_size_kb": "buffer_size_kb: a kernel has this file; it is not modelled\n", "trace_clok": "errno=2 ENOENT\n",
	} {
		said, err := d.Cat(name)
		require.NoError(t, err)
		require.Equal(t, want, said)
		said, err = d.Echo(name, "1", true)
		require.NoError(t, err)
		require.Equal(t, want, said)
	}
	said, err := d.Echo("uprobe_profile", "1", true)
	require.NoError(t, err)
	require.Equal(t, "errno=22 EINVAL\n", said, "it is only read")
}

// dynamic_events takes kernel probes too; where there is no kernel code, no symbol is found.
func TestDynamicEventsOfPrograms(t *testing.T) {
	d := ofPrograms(nil)
	require.NoError(t, d.WriteFile("dynamic_events", "p:g/a /f:0x10", false))
	said, err := d.Echo("dynamic_events", "p:g/k vfs_read", false)
	require.NoError(t, err)
	require.Contains(t, said, "errno=2 ENOENT\n")
	text, err := d.Cat("dynamic_events")
	require.NoError(t, err)
	require.Equal(t, "p:g/a /f:0x0000000000000010\n", text)
}

// What a person writes becomes the kernel's lines; an error of that is none of the kernel's.
func TestRewrittenDefinitions(t *testing.T) {
	wrong := errors.New("no such symbol")
	d := ofPrograms(func(line string) ([]string, error) {
		if line == "p:g/a work" {
			return []string{"p:g/a /f:0x10", "p:g/b /f:0x20"}, nil
		}
		return nil, wrong
	})
	require.NoError(t, d.WriteFile("uprobe_events", "p:g/a work", false))
	require.Len(t, d.Registry().Events(), 2)
	_, err := d.Echo("uprobe_events", "p:g/c rest", false)
	require.ErrorIs(t, err, wrong)
}
