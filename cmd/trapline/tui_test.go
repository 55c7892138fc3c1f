package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminal is a pseudo-terminal with the program on it.
type terminal struct {
	t      *testing.T
	master *os.File
	tty    *os.File
	cmd    *exec.Cmd
	before unix.Termios

	mu  sync.Mutex
	out bytes.Buffer
}

func openTerminal(t *testing.T, env []string, args ...string) *terminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	require.NoError(t, unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	require.NoError(t, err)
	x := &terminal{t: t, master: master, tty: tty}
	x.resize(80, 24)
	before, err := unix.IoctlGetTermios(int(tty.Fd()), unix.TCGETS)
	require.NoError(t, err)
	x.before = *before
	self, err := os.Executable()
	require.NoError(t, err)
	x.cmd = &exec.Cmd{
		Path: self, Args: append([]string{"trapline"}, args...), Stdin: tty, Stdout: tty, Stderr: tty,
		Env:         append(append(os.Environ(), "TERM=xterm-256color"), env...),
		SysProcAttr: &unix.SysProcAttr{Setsid: true, Setctty: true},
	}
	require.NoError(t, x.cmd.Start())
	go x.read()
	t.Cleanup(func() { _ = x.cmd.Process.Kill(); _ = master.Close(); _ = tty.Close() })
	return x
}

func (x *terminal) read() {
	buf := make([]byte, 4096)
	for {
		n, err := x.master.Read(buf)
		x.mu.Lock()
		x.out.Write(buf[:n])
		x.mu.Unlock()
		if err != nil {
			return
		}
	}
}

func (x *terminal) resize(w, h uint16) {
	require.NoError(x.t, unix.IoctlSetWinsize(int(x.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Col: w, Row: h}))
}

func (x *terminal) text() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.out.String()
}

// await waits until the program has written something after the last call.
func (x *terminal) await(want string) {
	x.t.Helper()
	require.Eventually(x.t, func() bool { return strings.Contains(x.text(), want) }, 10*time.Second, 10*time.Millisecond, "%q in %q", want, x.text())
	x.mu.Lock()
	x.out.Reset()
	x.mu.Unlock()
}

func (x *terminal) keys(s string) {
	_, err := x.master.WriteString(s)
	require.NoError(x.t, err)
}

// restored demands that the terminal is as it was: its modes, the main screen,
// the mouse off, the cursor shown.
func (x *terminal) restored() {
	x.t.Helper()
	after, err := unix.IoctlGetTermios(int(x.tty.Fd()), unix.TCGETS)
	require.NoError(x.t, err)
	require.Equal(x.t, x.before, *after)
	require.Eventually(x.t, func() bool { return strings.Contains(x.text(), "\x1b[?1049l") }, 5*time.Second, 10*time.Millisecond)
	out := x.text()
	require.Contains(x.t, out, "\x1b[?25h", "the cursor is shown")
	require.Contains(x.t, out, "\x1b[?1002l", "the mouse is let go")
}

func TestTheUIOnATerminal(t *testing.T) {
	x := openTerminal(t, nil, "tui", "first-probe")
	x.await("to go back")
	x.keys("\x1b[C")
	x.await("step 1")
	x.keys("\x1b[D")
	x.await("to go back")
	x.resize(120, 40)
	x.await("Stack")
	x.keys("q")
	require.NoError(t, x.cmd.Wait())
	x.restored()
}

func TestTheTerminalIsRestoredAfterAPanic(t *testing.T) {
	x := openTerminal(t, []string{"TRAPLINE_TEST_PANIC=1"}, "tui", "first-probe")
	x.await("to go back")
	x.keys("l")
	err := x.cmd.Wait()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, exitInternal, exit.ExitCode())
	x.restored()
}
