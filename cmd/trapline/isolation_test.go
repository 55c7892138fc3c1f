package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"

	"trapline/internal/rigs/linuxtest"
)

// A program that tries to touch the host in more than 270 ways changes no file and reaches no listener, by whatever command it is run,
// and the command asks the host for no socket: TestNothingReachesTheHost of package linux has the ways.
func TestNoCommandLetsProgramsReachTheHost(t *testing.T) {
	root := t.TempDir()
	prog := filepath.Join(root, "program")
	if out, err := exec.Command("gcc", "-static", "-w", "-o", prog, "../../internal/linux/testdata/reach.c").CombinedOutput(); err != nil {
		t.Skipf("gcc: %s", out)
	}
	host := linuxtest.NewHost(t, root, "trapline-commands")
	inside, here := host.Arguments("/program", "/"), host.Arguments(prog, root)
	kept, recording := filepath.Join(t.TempDir(), "kept"), filepath.Join(t.TempDir(), "ways.tlr")
	before := host.Digest(t)
	reached := regexp.MustCompile(`(?m)^reached .*`)
	for _, c := range []struct {
		command []string
		none    bool     // its output ends with a count of 0
		own     []string // what a program may reach, being another program's in the machine
	}{
		{command: append([]string{"trace", "--root", root, "--"}, inside...), none: true},
		{command: append([]string{"trace", "--root", root, "--keep", kept, "--"}, inside...), none: true},
		// One renames the link, so that its name is free for the other's socket.
		{command: append(append(append([]string{"trace", "--root", root, "--"}, inside...), "--and"), inside...), own: []string{"reached bind //out"}},
		{command: append([]string{"audit", "--try", "--root", root, "/program", "main", "paths", "--"}, inside[1:]...)},
		{command: append([]string{"record", "-o", recording, "--"}, here...)},
		{command: []string{"replay", recording}},
	} {
		cmd := exec.Command(os.Args[0], c.command...)
		cmd.Args[0] = "trapline" // which testscript.Main goes by
		var b bytes.Buffer
		cmd.Stdout, cmd.Stderr = &b, &b
		err := linuxtest.RunWithoutSockets(t, cmd)
		out := b.String()
		if c.none {
			assert.Contains(t, out, " ways, 0 reached\n", c.command)
			assert.NoError(t, err)
		}
		for _, way := range reached.FindAllString(out, -1) {
			if c.command[0] != "record" { // which gives its program a copy of what the arguments name
				assert.Contains(t, c.own, way, c.command)
			}
		}
		assert.Contains(t, []int{0, 1}, cmd.ProcessState.ExitCode(), "%v: %s", c.command, out)
		assert.Equal(t, before, host.Digest(t), c.command)
	}
	assert.FileExists(t, recording)
	assert.DirExists(t, kept)
	host.Unreached(t)
}
