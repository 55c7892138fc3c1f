package linux

import (
	"bytes"
	"context"
	"testing"
	"trapline/internal/linux/vfs"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// serverAndClient is a kernel with two runs of one program of testdata/talk.c.
func serverAndClient(t *testing.T, when When, server, client string) (*Kernel, *bytes.Buffer) {
	t.Helper()
	fs, err := vfs.OpenMem(map[string]vfs.MemFile{"/talk": {Data: mustRead(t, compile(t, "talk.c", "musl-gcc")), Exec: true}})
	require.NoError(t, err)
	out := &bytes.Buffer{}
	k, err := New(Config{Path: "/talk", Args: []string{"talk", server}, More: []Program{{"/talk", []string{"talk", client}}}, When: when,
		FS: fs, Stdin: bytes.NewReader([]byte("asked")), Stdout: out, Capture: 1 << 12, Limits: Limits{Memory: 64 << 20}})
	require.NoError(t, err)
	t.Cleanup(k.Close)
	return k, out
}

// TestServerAndClient: the second program starts when the first waits or listens, has
// standard input, and its end is the run's.
func TestServerAndClient(t *testing.T) {
	for _, c := range []struct {
		when           When
		server, client string
		out            string
		code           int
	}{
		{WhenWaiting, "serve", "ask", "served asked\nanswer asked\n", 5},
		{WhenListening, "serve", "ask", "served asked\nanswer asked\n", 5},
		{WhenListening, "late", "ask", "served asked\nanswer asked\n", 5},
		{WhenListening, "nothing", "ask", "refused\n", 1}, // it ends, and nothing else can go on
		{WhenWaiting, "late", "ask", "refused\n", 1},
		{AtOnce, "serve", "patient", "served asked\nanswer asked\n", 5},
	} {
		t.Run(c.when.String()+"/"+c.server, func(t *testing.T) {
			k, out := serverAndClient(t, c.when, c.server, c.client)
			res, err := k.Run(context.Background())
			require.NoError(t, err)
			assert.Equal(t, c.out, out.String())
			assert.Equal(t, c.code, res.Code, "%v", res)
		})
	}
}

// TestServerAndClientGoBack: steps and Run are one, whichever way.
func TestServerAndClientGoBack(t *testing.T) {
	k, out := serverAndClient(t, WhenWaiting, "serve", "ask")
	k.round(2000)
	s := k.m.Snapshot()
	first := k.round(1 << 30)
	require.Equal(t, 5, k.Result().Code)
	text := out.String()
	k.m.Restore(s)
	require.False(t, k.Done())
	require.Equal(t, first, k.round(1<<30))
	require.Equal(t, text, out.String())
}
