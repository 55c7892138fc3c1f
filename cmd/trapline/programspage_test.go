package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	everyPageCommand = flag.Bool("every-page-command", false, "run the slow commands of docs/programs.md too: gdb")
	writePage        = flag.Bool("write-page", false, "write what the commands of docs/programs.md print into it")
)

const (
	pageHome  = "/home/you/shop" // stands for the directory of the page's programs
	pageOmits = "…"              // a line that stands for any number of lines
)

// pageBlock is a fenced block with a language, and the file that the comment before it names.
var pageBlock = regexp.MustCompile("(?s)(?:<!-- file: ([a-z.]+) -->\n)?```([a-z]+)\n(.*?)```\n")

// TestProgramsPage types the commands of docs/programs.md and compares what they print, but for what pageVaries finds.
func TestProgramsPage(t *testing.T) {
	for _, tool := range []string{"gcc", "go", "bash"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skip(err)
		}
	}
	path := filepath.Join("..", "..", "docs", "programs.md")
	page, err := os.ReadFile(path)
	require.NoError(t, err)
	shell := newPageShell(t)
	commands := 0
	written := pageBlock.ReplaceAllStringFunc(string(page), func(block string) string {
		m := pageBlock.FindStringSubmatch(block)
		name, language, text := m[1], m[2], m[3]
		if language != "console" {
			require.NotEmpty(t, name, "a program has a file:\n%s", text)
			putFile(t, shell.dir, name, []byte(text))
			return block
		}
		var out strings.Builder
		for _, session := range pageCommands(text) {
			commands++
			if strings.Contains(session.command, "gdb ") && !*everyPageCommand {
				out.WriteString(session.command + session.want)
				continue
			}
			got := shell.run(session.command)
			if samePageOutput(session.want, got) {
				got = session.want
			} else if !*writePage {
				require.Fail(t, "the page differs", "%s\nthe page has:\n%s\nit prints:\n%s", session.command, session.want, got)
			}
			out.WriteString(session.command + got)
		}
		return "```console\n" + out.String() + "```\n"
	})
	require.Greater(t, commands, 20)
	if *writePage {
		require.NoError(t, os.WriteFile(path, []byte(written), 0o644))
	}
}

// pageCommand is a line "$ COMMAND" and the lines below it.
type pageCommand struct{ command, want string }

func pageCommands(text string) []pageCommand {
	var all []pageCommand
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "$ ") {
			all = append(all, pageCommand{command: line})
		} else {
			all[len(all)-1].want += line
		}
	}
	return all
}

// pageShell runs commands in a directory of their own, where `trapline` is the program under test.
type pageShell struct {
	dir string
	env []string
}

func newPageShell(t *testing.T) pageShell {
	t.Helper()
	bin, dir := t.TempDir(), filepath.Join(t.TempDir(), "shop")
	require.NoError(t, os.Mkdir(dir, 0o755))
	self, err := os.Executable()
	require.NoError(t, err)
	require.NoError(t, os.Symlink(self, filepath.Join(bin, "trapline")))
	return pageShell{dir, append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"), "LC_ALL=C", "CGO_ENABLED=0", "PWD="+dir)}
}

// run returns what a command prints on both streams.
func (s pageShell) run(line string) string {
	cmd := exec.Command("bash", "-c", strings.TrimPrefix(line, "$ "))
	cmd.Dir, cmd.Env = s.dir, s.env
	out, _ := cmd.CombinedOutput() // the page shows failures too
	return strings.ReplaceAll(string(out), s.dir, pageHome)
}

// samePageOutput compares line by line; want may leave lines out.
func samePageOutput(want, got string) bool {
	pattern := regexp.QuoteMeta(maskPage(want))
	pattern = strings.ReplaceAll(pattern, pageOmits+"\n", "(?:.*\n)*")
	return regexp.MustCompile(`\A` + pattern + `\z`).MatchString(maskPage(got))
}

// pageVaries is what depends on the compiler and the C library: addresses and offsets, bytes of instructions, times, counts.
var pageVaries = regexp.MustCompile(`0x[0-9a-f]+|\+[0-9]+>|(?:\b[0-9a-f]{2} ){2,}|\b[0-9]+\.[0-9]{6}\b|\b[0-9a-f]{16}\b|\b[0-9]{4,}\b|\b[0-9]+ states\b`)

func maskPage(text string) string { return pageVaries.ReplaceAllString(text, "#") }

// What the page may leave out and what not.
func TestPageOutputIsCompared(t *testing.T) {
	require.True(t, samePageOutput("a: (0x1234) n=1\n…\nend\n", "a: (0xabc) n=1\nx\ny\nend\n"))
	require.True(t, samePageOutput("a\n…\n", "a\n"))
	require.False(t, samePageOutput("a: (0x1234) n=1\n", "a: (0x1234) n=2\n"))
	require.False(t, samePageOutput("a\n", "a\nb\n"))
	require.False(t, samePageOutput("a\nb\n", "a\n"))
}
