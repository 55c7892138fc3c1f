package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"trapline/internal/printable"
	"trapline/internal/story"
)

const hostileText = "a\x1b[2Jb\u009b1mc\u202e\x07"

// With colour too, only the program's own sequences are control characters.
func TestOutputEscapesWhatItPrints(t *testing.T) {
	var b bytes.Buffer
	out := newOutput(&b)
	out.colour = true
	out.lines([]story.Line{{{Style: story.Alarm, Text: hostileText}, {Text: hostileText}}})
	out.styled(story.Code, hostileText)
	_, err := out.Write([]byte(hostileText))
	require.NoError(t, err)
	out.object(map[string]string{"x": hostileText})
	require.NoError(t, out.Flush())
	rest := regexp.MustCompile(`\x1b\[[0-9;]+m`).ReplaceAllString(b.String(), "")
	require.Equal(t, printable.Text(rest), rest)
	require.Contains(t, rest, `a\x1b[2Jb\u009b1mc\u202e\x07`)
	var back map[string]string
	lines := bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n"))
	_, object, _ := bytes.Cut(lines[len(lines)-1], []byte("{"))
	require.NoError(t, json.Unmarshal(append([]byte("{"), object...), &back))
	require.Equal(t, hostileText, back["x"])
}

// A line to copy means the same file to a shell.
func TestAShellReadsWordsBack(t *testing.T) {
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("no bash")
	}
	for _, s := range []string{"plain-1.txtar", "a b", "it's", `$HOME`, `\`, `a\x1b`, "a\x1b[31m'\\b", "new\nline", "\xff", "", "*", "~", "größe", "a;b"} {
		cmd := exec.Command(bash, "-c", "printf %s "+printable.ShellWord(s))
		cmd.Env = append(os.Environ(), "LC_ALL=C.UTF-8")
		out, err := cmd.Output()
		require.NoError(t, err, "%q", s)
		require.Equal(t, s, string(out), "%s", printable.ShellWord(s))
		require.Equal(t, printable.Name(printable.ShellWord(s)), printable.ShellWord(s))
	}
	require.Equal(t, "plain-1.txtar", printable.ShellWord("plain-1.txtar"))
}

// On a terminal, with colour, a name has no effect either.
func TestATerminalSeesNamesEscaped(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "a\x1b[2Jb.txtar")
	require.NoError(t, os.WriteFile(name, []byte("Title \u009b2J.\n-- machine --\nengine none\n-- text.S --\n\t.globl main\nmain:\tret\n-- tasks --\ncpu 0 at main\n-- check --\nnever wrong: 0 == 1\n"), 0o644))
	for command, shown := range map[string]string{
		"run": `Title \u009b2J`, "check": `\x1b[2Jb.txtar`, "explore": `\x1b[2Jb.txtar`, "compare": `Title \u009b2J`, "tui": `Title \u009b2J`,
	} {
		x := openTerminal(t, nil, command, name)
		x.expect(shown)
		if command == "tui" { // which clears its screen itself
			require.NoError(t, x.cmd.Process.Signal(unix.SIGTERM))
		}
		_ = x.cmd.Wait()
		require.NotContains(t, x.text(), "\u009b", command)
		if command != "tui" {
			require.NotContains(t, x.text(), "\x1b[2J", command)
		}
	}
}
