package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
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

// await is expect for what is written after the last call.
func (x *terminal) await(want string) {
	x.t.Helper()
	require.Eventually(x.t, func() bool { return strings.Contains(x.text(), want) }, 10*time.Second, 10*time.Millisecond, "%q in %q", want, x.text())
	x.mu.Lock()
	x.out.Reset()
	x.mu.Unlock()
}

// expect waits until the program has written something, and forgets nothing.
func (x *terminal) expect(want string) {
	x.t.Helper()
	require.Eventually(x.t, func() bool { return strings.Contains(x.text(), want) }, 10*time.Second, 10*time.Millisecond, "%q", want)
}

func (x *terminal) keys(s string) {
	_, err := x.master.WriteString(s)
	require.NoError(x.t, err)
}

// press sends a key until the program has written something after it: while a
// scenario opens, keys do nothing.
func (x *terminal) press(key, want string) {
	x.t.Helper()
	for range 20 {
		x.keys(key)
		for range 50 {
			if strings.Contains(x.text(), want) {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	require.Fail(x.t, "no answer to a key", "%q to %q in %q", want, key, x.text())
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
	x.press("\x1b[C", "step 1")
	x.await("step 1")
	x.press("\x1b[D", "to go back")
	x.await("to go back")
	x.resize(120, 40)
	x.await("Stack")
	x.keys("q")
	require.NoError(t, x.cmd.Wait())
	x.restored()
}

// A signal leaves the UI as q does.
func TestASignalLeavesTheUI(t *testing.T) {
	signals := []os.Signal{os.Interrupt, unix.SIGTERM}
	if !signal.Ignored(unix.SIGHUP) { // else the program is to ignore it too
		signals = append(signals, unix.SIGHUP)
	}
	for range 3 {
		for _, sig := range signals {
			x := openTerminal(t, nil, "tui", "first-probe")
			x.expect("to go back")
			require.NoError(t, x.cmd.Process.Signal(sig))
			ended := make(chan error, 1)
			go func() { ended <- x.cmd.Wait() }()
			select {
			case err := <-ended:
				require.NoError(t, err)
			case <-time.After(10 * time.Second):
				t.Fatalf("%v: it still runs", sig)
			}
			x.restored()
		}
	}
}

func TestTheTerminalIsRestoredAfterAPanic(t *testing.T) {
	x := openTerminal(t, []string{"TRAPLINE_TEST_PANIC=1"}, "tui", "first-probe")
	x.await("to go back")
	ended := make(chan error, 1)
	go func() { ended <- x.cmd.Wait() }()
	var err error
	for waiting := true; waiting; {
		x.keys("l") // until the scenario is open
		select {
		case err = <-ended:
			waiting = false
		case <-time.After(time.Second):
		}
	}
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, exitInternal, exit.ExitCode())
	x.restored()
}

// answers plays a terminal that says what its background is when asked (OSC 11).
func (x *terminal) answers(rgb string) {
	const ask = "\x1b]11;?"
	require.Eventually(x.t, func() bool { return strings.Contains(x.text(), ask) }, 10*time.Second, 5*time.Millisecond, "asks for the background")
	x.keys("\x1b]11;rgb:" + rgb + "\x1b\\")
}

// The colours follow the terminal's answer, and COLORFGBG until it answers.
func TestTheThemeFollowsTheTerminal(t *testing.T) {
	const dark, light = "\x1b[96;1m", "\x1b[38;5;24;1m" // a key in the footer
	x := openTerminal(t, nil, "tui", "first-probe")
	x.answers("ffff/ffff/ffff")
	x.await(light)
	x.keys("q")
	require.NoError(t, x.cmd.Wait())

	x = openTerminal(t, []string{"COLORFGBG=0;15"}, "tui", "first-probe")
	x.await(light)
	x.keys("q")
	require.NoError(t, x.cmd.Wait())

	x = openTerminal(t, []string{"COLORFGBG=0;15"}, "tui", "first-probe")
	x.answers("0000/0000/0000")
	x.await(dark)
	x.keys("q")
	require.NoError(t, x.cmd.Wait())
}

// colour is an SGR sequence that sets a colour; attributes are none.
var colour = regexp.MustCompile(`\x1b\[[0-9;]*\b(3[0-8]|4[0-8]|9[0-7])[;m]`)

func TestNoColourIsKept(t *testing.T) {
	x := openTerminal(t, []string{"NO_COLOR=1"}, "tui", "first-probe")
	x.expect("quit")
	x.press("l", "step 1")
	require.NotRegexp(t, colour, x.text())
	require.Contains(t, x.text(), "\x1b[1;4m", "what changed is told by attributes")
	x.keys("q")
	require.NoError(t, x.cmd.Wait())
	x.restored()
}

func TestADumbTerminalIsRefused(t *testing.T) {
	x := openTerminal(t, []string{"TERM=dumb"}, "tui", "first-probe")
	err := x.cmd.Wait()
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, exitUsage, exit.ExitCode())
	require.Eventually(t, func() bool { return strings.Contains(x.text(), "TERM is dumb") }, 5*time.Second, 10*time.Millisecond)
	require.NotContains(t, x.text(), "\x1b[?1049h")
}

// Many sizes one after the other while it plays: it keeps answering, and at the
// end the screen is of the last size.
func TestResizingWhilePlaying(t *testing.T) {
	x := openTerminal(t, nil, "tui", "smp-missed-probe")
	x.expect("quit")
	x.keys("++++ ")
	for i := range 40 {
		x.resize(uint16(30+5*i), uint16(8+i))
		time.Sleep(5 * time.Millisecond)
	}
	x.resize(200, 60)
	x.await("Lesson")
	x.keys("q")
	require.NoError(t, x.cmd.Wait())
	x.restored()
}
