package linux

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"trapline/internal/linux/abi"
	"trapline/internal/linux/vfs"
	"trapline/internal/loader"
	"trapline/internal/x86"
)

// copier copies standard input to standard output, 16 bytes at a time, and
// exits with 0 at the end, else with the low bits of the error.
func copier(t testing.TB) *vfs.FS {
	t.Helper()
	code := []byte{
		0x31, 0xff, 0x48, 0x89, 0xe6, 0xba, 16, 0, 0, 0, 0x31, 0xc0, 0x0f, 0x05, // read(0, rsp, 16)
		0x85, 0xc0, 0x7e, 0x12, // test eax, eax; jle done
		0x89, 0xc2, 0xbf, 1, 0, 0, 0, 0xb8, 1, 0, 0, 0, 0x0f, 0x05, // write(1, rsp, n)
		0x85, 0xc0, 0x7f, 0xdc, // test eax, eax; jg start
		0x89, 0xc7, 0xf7, 0xdf, 0xb8, 60, 0, 0, 0, 0x0f, 0x05, // done: exit(-eax)
	}
	data, err := loader.ELF(&loader.Image{Arch: x86.AMD64, Entry: 0x401000, Segments: []loader.Segment{
		{Addr: 0x401000, Data: code, MemSize: uint64(len(code)), Prot: loader.ProtR | loader.ProtX},
	}})
	require.NoError(t, err)
	fs, err := vfs.OpenMem(map[string]vfs.MemFile{"/copy": {Data: data, Exec: true}})
	require.NoError(t, err)
	return fs
}

// step makes n steps or those that are left.
func (k *Kernel) stepAll(n int) {
	for range n {
		if k.Step(0) == nil {
			return
		}
	}
}

// What was read is read again after going back, in the same portions, and what
// was written is not written again.
func TestStreamsGoBack(t *testing.T) {
	const text = "some text that is longer than a few portions of 16 bytes\n"
	for name, in := range map[string]io.Reader{
		"whole": bytes.NewReader([]byte(text)), "bytes": iotest.OneByteReader(bytes.NewReader([]byte(text))),
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			k, err := New(Config{Path: "/copy", FS: copier(t), Stdin: in, Stdout: &out, Capture: 20})
			require.NoError(t, err)
			defer k.Close()
			s := k.m.Snapshot()
			k.stepAll(25)
			middle, half := k.m.Snapshot(), k.m.Hash(true)
			k.stepAll(1 << 20)
			end := k.m.Hash(true)
			for range 2 {
				k.m.Restore(s)
				require.False(t, k.Done())
				k.stepAll(25)
				require.Equal(t, half, k.m.Hash(true))
				k.m.Restore(middle)
				k.stepAll(1 << 20)
				require.Equal(t, end, k.m.Hash(true))
			}
			require.Equal(t, text, out.String())
			kept, _, n, _ := k.Output()
			require.Equal(t, text[:20], string(kept))
			require.EqualValues(t, len(text), n)
			require.Zero(t, k.Result().Code)
		})
	}
}

// refusing takes some bytes and then refuses.
type refusing struct{ room int }

func (r *refusing) Write(b []byte) (int, error) {
	n := min(r.room, len(b))
	if r.room -= n; n < len(b) {
		return n, errors.New("full")
	}
	return n, nil
}

// A stream that refuses does so again after going back.
func TestRefusedOutputGoesBack(t *testing.T) {
	k, err := New(Config{Path: "/copy", FS: copier(t), Stdin: bytes.NewReader(make([]byte, 100)), Stdout: &refusing{40}})
	require.NoError(t, err)
	defer k.Close()
	s := k.m.Snapshot()
	k.stepAll(1 << 20)
	require.Equal(t, abi.SIGPIPE, k.Result().Signal)
	end := k.m.Hash(true)
	k.m.Restore(s)
	k.stepAll(1 << 20)
	require.Equal(t, end, k.m.Hash(true))
}

// More input than is kept ends the run.
func TestKeptInputIsBounded(t *testing.T) {
	k, err := New(Config{Path: "/copy", FS: copier(t), Stdin: bytes.NewReader(make([]byte, 100))})
	require.NoError(t, err)
	defer k.Close()
	k.m.Snapshot()
	k.input.from.kept = make([]byte, MaxInput-20)
	k.input.from.ends = []int{MaxInput - 20}
	k.input.pos = MaxInput - 20
	k.stepAll(1 << 20)
	require.Equal(t, BoundInput, k.Result().Bound)
}

// The host's clock does not go back.
func TestHostClockCannotGoBack(t *testing.T) {
	k, err := New(Config{Path: "/copy", FS: copier(t), Clock: hostClock{}})
	require.NoError(t, err)
	defer k.Close()
	require.ErrorIs(t, k.CanGoBack(), ErrHostClock)
	require.PanicsWithError(t, ErrHostClock.Error(), func() { k.m.Snapshot() })
}

type hostClock struct{}

func (hostClock) Now() time.Time        { return time.Now() }
func (hostClock) Sleep(d time.Duration) { time.Sleep(d) }

// A snapshot belongs to its kernel.
func TestSnapshotOfAnotherKernel(t *testing.T) {
	a, b := idleKernel(t), idleKernel(t)
	require.Panics(t, func() { b.Restore(a.Save()) })
}

// A file of the host that was closed since is opened again after going back.
func TestHostFilesAreOpenedAgain(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tiny"), tinyProgram(t), 0o755))
	writeFile(t, dir, "text", "a file of the host\n")
	fs, err := vfs.OpenRoot(dir)
	require.NoError(t, err)
	defer fs.Close()
	var out bytes.Buffer
	k, err := New(Config{Path: "/tiny", Args: []string{"tiny", "/text"}, FS: fs, Capture: 100, Stdout: &out})
	require.NoError(t, err)
	defer k.Close()
	start := k.m.Snapshot()
	for k.init.files.get(3) == nil {
		require.NotNil(t, k.Step(0))
	}
	opened := k.m.Snapshot()
	host := k.init.files.get(3).host
	k.stepAll(1 << 20)
	require.True(t, k.Done())
	require.Nil(t, host.File, "the program's end closed it")
	k.m.Restore(opened)
	k.stepAll(1 << 20)
	require.Equal(t, "a file of the host\n", string(k.stdout.kept))
	k.m.Restore(opened)
	k.stepAll(5)
	require.NotNil(t, host.File)
	k.m.Restore(start)
	require.Nil(t, host.File, "nobody has it open there")
	require.Equal(t, "a file of the host\n", out.String())
}

// failing is a stream that refuses everything with err.
type failing struct{ err error }

func (f failing) Read([]byte) (int, error)  { return 0, f.err }
func (f failing) Write([]byte) (int, error) { return 0, f.err }

// An error of a host's stream is the guest's, and one that says that Run's
// context is done ends the run at once.
func TestStreamErrors(t *testing.T) {
	full := &os.PathError{Op: "write", Path: "/dev/full", Err: syscall.ENOSPC}
	for _, c := range []struct {
		in   io.Reader
		out  io.Writer
		want Result
	}{
		{failing{syscall.EISDIR}, nil, Result{Code: int(syscall.EISDIR)}},
		{failing{context.Canceled}, nil, Result{Bound: BoundCanceled}},
		{failing{context.DeadlineExceeded}, nil, Result{Bound: BoundTime}},
		{strings.NewReader("x"), failing{full}, Result{Code: int(syscall.ENOSPC)}},
		{strings.NewReader("x"), failing{syscall.EPIPE}, Result{Signal: int(syscall.SIGPIPE)}},
	} {
		k, err := New(Config{Path: "/copy", FS: copier(t), Stdin: c.in, Stdout: c.out})
		require.NoError(t, err)
		res, err := k.Run(context.Background())
		require.NoError(t, err)
		require.Equal(t, c.want.Bound, res.Bound)
		require.Equal(t, c.want.Code, res.Code)
		require.Equal(t, c.want.Signal, res.Signal)
		k.Close()
	}
}
