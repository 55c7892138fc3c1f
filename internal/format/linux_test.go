package format

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/engines"
)

const program = `A program.
-- machine --
arch x86_64
-- linux --
path "/bin/a b"
args "a b" -x ""
env HOME=/
env "A=b c"
stdin "in\n"
file /etc/motd "hello\n"
file /lib/data from "data.bin"
quantum 7
-- program --
path "prog.elf"
-- uprobe_events --
p:work /prog:work %ax
-- probes --
w at work
	filter pid 101
	pre print "x" %rax; remove
	ret count
-- steps --
> run
> trace
> exit
-- check --
no-missed-probe
exit signal SIGSEGV
output "hello\n"
always small: hits(work) < 3
-- expect --
exit
`

func TestParseReadsALinuxProgram(t *testing.T) {
	f, err := Parse("p.txtar", []byte(program))
	require.NoError(t, err)
	assert.Equal(t, engines.Program, f.World())
	assert.Equal(t, "uprobes", f.Machine.Engine)
	l := f.Linux
	assert.Equal(t, "/bin/a b", l.Path)
	assert.Equal(t, []string{"a b", "-x", ""}, l.Args)
	assert.Equal(t, []string{"HOME=/", "A=b c"}, l.Env)
	assert.Equal(t, "in\n", l.Stdin.Content)
	require.Len(t, l.Files, 2)
	assert.Equal(t, "hello\n", l.Files[0].Content)
	assert.Equal(t, "data.bin", l.Files[1].From)
	assert.Equal(t, 7, l.Quantum)
	assert.Equal(t, []string{"prog.elf", "data.bin"}, f.Named())
	assert.Equal(t, "p:work /prog:work %ax", f.Events[0].Line)
	assert.Equal(t, 101, f.Probes[0].FilterPID)
	assert.Equal(t, &Exit{Signal: "SIGSEGV"}, f.Check[1].Exit)
	assert.Equal(t, "hello\n", *f.Check[2].Output)
	assert.Equal(t, "always", f.Check[3].When)
}

func TestUprobeEventsMakeALinuxProgram(t *testing.T) {
	f, err := Parse("p.txtar", []byte("A program.\n-- text.S --\nnop\n-- uprobe_events --\np /prog:0x1000\n"))
	require.NoError(t, err)
	require.NotNil(t, f.Linux)
	assert.Equal(t, ProgramPath, f.Linux.Path)
}

// Each kind of scenario refuses what only the other one has, with its place.
func TestKindsOfScenarios(t *testing.T) {
	const user, kernel = "A flaw.\n-- text.S --\nnop\n-- linux --\n", "A flaw.\n-- text.S --\nnop\n-- tasks --\ncpu 0 at 0\n"
	for text, want := range map[string]string{
		user + "-- tasks --\ncpu 0 at 0\n":              "f:5:4: a member tasks in a scenario of a Linux program; expected no such member",
		user + "-- memory --\n":                         "f:5:4: a member memory",
		user + "-- steps --\n> gate 3\n":                `f:6:3: "gate" in a scenario of a Linux program`,
		user + "-- probes --\np at 0\n  post count\n":   `f:7:3: "post" in`,
		user + "-- probes --\np at 0\n  pre map\n":      `f:7:7: "map" in`,
		user + "-- check --\nno-lost-rearm\n":           "f:6:1: no-lost-rearm in a scenario of a Linux program; expected one of",
		user + "-- machine --\nprefetch 3\n":            "f:5:1: gate or prefetch in",
		user + "-- program --\npath \"x\"\ncall f\n":    "f:7:6: a call in",
		user + "file x \"\"\n":                          `f:5:6: a path "x"; expected an absolute path`,
		user + "file /prog \"\"\n":                      "f:5:6: a file in the place of the program",
		user + "file /x\n":                              "f:5:8: the line ends early; expected its content",
		user + "file /x from \"\"\n":                    "f:5:1: an empty name",
		user + "env X\n":                                `f:5:1: a variable "X"; expected NAME=VALUE`,
		user + "args\n":                                 "f:5:5: the line ends early; expected an argument",
		user + "args a\nargs b\n":                       `f:6:1: a second "args"`,
		user + "-- check --\nexit signal 11\n":          `f:6:13: unexpected "11"; expected a signal such as SIGSEGV`,
		user + "-- check --\nexit 256\n":                `f:6:6: unexpected "256"`,
		user + "-- probes --\np at 0\n  filter tid 1\n": `f:7:10: unexpected "tid"; expected "pid"`,
		kernel + "-- steps --\n> trace\n":               `f:7:3: "trace" in a scenario of kernel code`,
		kernel + "-- probes --\np at 0\n  ret count\n":  `f:8:3: "ret" in`,
		kernel + "-- check --\nexit 0\n":                "f:7:1: exit in a scenario of kernel code",
		kernel + "-- machine --\nengine uprobes\n":      "f:7:8: engine uprobes in a scenario of kernel code; expected a member linux",
	} {
		_, err := Parse("f", []byte(text))
		require.Error(t, err, text)
		assert.Contains(t, err.Error(), want, text)
	}
}
