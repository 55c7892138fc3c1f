package tracefs_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/events/tracefs"
)

func TestE4_WriteStopsAtTheBadLine(t *testing.T) {
	r := newEngine().registry(nil)
	err := r.Write(tracefs.UprobeEvents, []byte("p:g/a /f:1\n\n# all right so far\nbad\np:g/b /f:2\n"))
	assert.ErrorIs(t, err, events.EINVAL)
	assert.Equal(t, "p:g/a /f:0x0000000000000001\n", r.Read(tracefs.UprobeEvents))
}

// The kernel takes 4095 bytes of a write at a time; lines that end elsewhere
// are none the worse for it, a line that does not fit is refused.
func TestE4_LongWrites(t *testing.T) {
	e := newEngine()
	r := e.registry(nil)
	var b bytes.Buffer
	for i := range 1000 {
		fmt.Fprintf(&b, "p:g/e%d /f:%d a=%%ax\n", i, i)
	}
	require.NoError(t, r.Write(tracefs.UprobeEvents, b.Bytes()))
	assert.Len(t, r.Probes(), 1000)

	line := "p:g/x /f:0 #" + strings.Repeat("x", tracefs.MaxWrite)
	require.NoError(t, r.Write(tracefs.UprobeEvents, []byte(line[:tracefs.MaxWrite-2]+"\n")))
	assert.ErrorIs(t, r.Write(tracefs.UprobeEvents, []byte(line[:tracefs.MaxWrite-1]+"\n")), events.EINVAL)
	assert.Equal(t, []string{"Line length is too long: Should be less than 4094"}, e.log)
	require.NoError(t, r.Write(tracefs.UprobeEvents, []byte(strings.Replace(line[:tracefs.MaxWrite-1], "/x", "/y", 1))),
		"without a newline a byte more fits")
}

func TestE4_NULEndsALine(t *testing.T) {
	r := newEngine().registry(nil)
	assert.ErrorIs(t, r.Write(tracefs.UprobeEvents, []byte("p:g/a /f:1\x00\n")), events.EINVAL)
	assert.ErrorIs(t, r.Write(tracefs.UprobeEvents, []byte("p:g/b /f:1\n\x00p:g/c /f:1\n")), events.EINVAL)
	assert.Equal(t, "p:g/b /f:0x0000000000000001\n", r.Read(tracefs.UprobeEvents))
}

func TestE4_ThousandsOfEvents(t *testing.T) {
	r := newEngine().registry(nil)
	const n = 3000
	for i := range n {
		require.NoError(t, r.Write(tracefs.UprobeEvents, fmt.Appendf(nil, "p:g/e /f:%d %%ax", i)))
	}
	require.ErrorIs(t, r.Write(tracefs.UprobeEvents, []byte("p:g/e /f:7 %ax")), events.EEXIST)
	assert.Equal(t, n, strings.Count(r.Read(tracefs.UprobeEvents), "\n"))
	assert.Equal(t, n, strings.Count(r.UprobeProfile(func(*tracefs.Probe) tracefs.Counts { return tracefs.Counts{Hits: 1} }), " 1\n"))
	require.NoError(t, r.Truncate(tracefs.UprobeEvents))
	assert.Empty(t, r.Probes())
}

// FuzzWrite feeds a sequence of writes to all three files: the registry
// stays in one piece.
func FuzzWrite(f *testing.F) {
	f.Add([]byte("p:g/a func\np:g/a func+4\nr4:g/r func $retval\n-:g/a\n"), uint8(0))
	f.Add([]byte("p:g/a /f:0\np:g/a /f:1(8)\n-:g/\n!x:g/a\n#\n\x00"), uint8(2))
	f.Fuzz(func(t *testing.T, data []byte, mode uint8) {
		e := newEngine()
		r := e.registry(func(c *tracefs.Config) { c.SameName = tracefs.SameName(mode >> 7) })
		files := []tracefs.File{tracefs.KprobeEvents, tracefs.UprobeEvents, tracefs.DynamicEvents}
		for i, part := range bytes.SplitAfter(data, []byte("\n\n")) {
			file := files[(int(mode&0x7f)+i)%3]
			if err := r.Write(file, part); err != nil {
				require.NotZero(t, errnoOf(err))
			}
			for _, ev := range r.Events() {
				require.NotEmpty(t, ev.Probes)
				require.NoError(t, r.SetEvent(ev.Group, ev.Name, i%2 == 0))
			}
			require.Equal(t, len(r.Probes()), strings.Count(r.Read(tracefs.DynamicEvents), "\n"))
			require.LessOrEqual(t, len(r.LogEntries()), tracefs.MaxLog)
		}
		for _, ev := range r.Events() {
			require.NoError(t, r.SetEvent(ev.Group, ev.Name, false))
		}
		require.NoError(t, r.Truncate(tracefs.DynamicEvents))
		require.Empty(t, r.Read(tracefs.DynamicEvents))
		require.Empty(t, e.planted, "every probe was taken out again")
	})
}
