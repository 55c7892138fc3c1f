package format

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const example = `A lesson about nothing much.

What to watch: everything.
-- machine --
arch i386
cpus 2
engine 2002
memory 4M
gate 1 interrupt dpl 0
-- text.S --
main: nop
	hlt
-- memory --
table at 0x8050000 size 8K prot rw-u lazy
	u32 1 2 table+8
	string "abc\n"
-- probes --
# the one probe
entry at main + 0
	pre   print "eax; is" %eax u32[%esp+4]; set %eax %eax + 1
	post  none
	fault map; return 1
-- tasks --
cpu 0 at main ring 3 flags IF,TF eax=5 ebx=table+4 signals continue
cpu 1 at main stack 0x9000
-- steps --
> level normal
> until main+1
cpu0 did it

and more
> mem 16 at table
> run
-- check --
no-lost-rearm
never big: %eax > 100 && hits(entry) == 1
finally end: u32[table] == 1
-- expect --
no-lost-rearm K7
big
`

func TestParseReadsEveryMember(t *testing.T) {
	f, err := Parse("example.txtar", []byte(example))
	require.NoError(t, err)
	assert.Equal(t, "A lesson about nothing much.", f.Title())
	assert.Equal(t, 2, f.Machine.CPUs)
	assert.Equal(t, uint64(4<<20), f.Machine.Memory)
	assert.Equal(t, DefaultSteps, f.Machine.Steps)
	assert.Equal(t, []Gate{{Vector: 1, Type: "interrupt", DPL: 0, Pos: f.Machine.Gates[0].Pos}}, f.Machine.Gates)
	assert.Equal(t, 11, f.Source.Line)

	require.Len(t, f.Memory, 1)
	assert.True(t, f.Memory[0].Lazy)
	assert.Equal(t, "abc\n", f.Memory[0].Content[1].String)

	require.Len(t, f.Probes, 1)
	p := f.Probes[0]
	assert.Equal(t, "entry at main + 0", p.String())
	pre, ok := p.Handler("pre")
	require.True(t, ok)
	require.Len(t, pre, 2)
	assert.Equal(t, "eax; is", pre[0].Text)
	assert.Equal(t, "u32[%esp + 4]", pre[0].Args[1].Node.String())
	assert.Equal(t, "%eax", pre[1].Target.Node.String())
	_, ok = p.Handler("post")
	assert.False(t, ok, "none is no handler")

	require.Len(t, f.Tasks, 2)
	assert.Equal(t, []string{"IF", "TF"}, f.Tasks[0].Flags)
	assert.Equal(t, 3, f.Tasks[0].Ring)

	require.Len(t, f.Steps, 4)
	assert.Equal(t, "cpu0 did it\n\nand more\n", f.Steps[1].Want)
	require.Len(t, f.Check, 3)
	assert.Equal(t, []string{"no-lost-rearm", "big"}, []string{f.Expect[0].Property, f.Expect[1].Property})
	assert.Equal(t, "K7", f.Expect[0].Row)
}

func TestBytesPrintsTheFileBack(t *testing.T) {
	f, err := Parse("example.txtar", []byte(example))
	require.NoError(t, err)
	want := strings.Replace(example, "and more\n>", "and more\n\n>", 1)
	assert.Equal(t, want, string(f.Bytes()))
	f.Steps[3].Want = "new output\n"
	f.SetListing([]byte("listing\n"))
	again, err := Parse("example.txtar", f.Bytes())
	require.NoError(t, err)
	assert.Equal(t, "new output\n", again.Steps[3].Want)
	assert.Equal(t, "listing\n", again.Listing.Text)
}

func TestFlawsAreNamedWithTheirPlace(t *testing.T) {
	const code = "-- text.S --\nmain: hlt\n"
	const start = code + "-- tasks --\ncpu 0 at main\n"
	for _, c := range []struct{ text, want string }{
		{"", `t:1:1: a scenario without anything to run; expected a member text.S with code, or program with an ELF file`},
		{code, `t:1:1: code, but no task that runs it; expected a member tasks with a line such as: cpu 0 at main`},
		{"-- probe --\n", `t:1:4: unknown member "probe"; expected "probes" perhaps, or one of machine, text.S,`},
		{"-- machine --\n-- machine --\n", `t:2:4: a second "machine", after the one of line 1; expected each member once`},
		{"-- machine --\ncpu 2\n", `t:2:1: unknown key "cpu"; expected "cpus" perhaps, or one of arch,`},
		{"-- machine --\ncpus 9\n", `t:2:6: unexpected "9"; expected a number of cpus from 1 to 8`},
		{"-- machine --\ncpus\n", `t:2:5: the line ends early; expected a number of cpus from 1 to 8`},
		{"-- machine --\narch i386 x\n", `t:2:11: unexpected "x"; expected the end of the line`},
		{"-- machine --\nmemory 9999M\n", `t:2:8: memory of "9999M"; expected a size such as 4096, 64K or 16M, at most 1073741824 bytes`},
		{"-- machine --\ngate 3\n", `t:2:7: a gate that changes nothing; expected interrupt, trap, absent or dpl N`},
		{"-- machine --\ntime 2h\n", `t:2:6: time of "2h"; expected a time such as 500ms or 10s, at most 1h`},
		{"-- machine --\r\n", `t:1:14: control character '\r'; expected lines that end with a line feed only`},
		{"\xff\n", `t:1:1: bytes that are no text; expected UTF-8 text`},
		{start + "-- tasks --\n", `t:5:4: a second "tasks", after the one of line 3; expected each member once`},
		{start + "cpu 0 at main\n", `t:5:1: a second task on cpu 0; expected one task for each cpu`},
		{start + "cpu 1 at main\n", `t:5:1: a task on cpu 1 of 1; expected cpus 2 in machine`},
		{start + "cpu 1 at main rax=1\n", `t:5:15: unknown register "rax"; expected "eax" perhaps`},
		{start + "cpu 1 at main flags IF,XF\n", `t:5:24: unknown flag "XF"; expected one of CF, PF`},
		{start + "-- probes --\n  pre count\n", `t:6:1: a handler of no probe; expected a probe first: NAME at ADDR`},
		{start + "-- probes --\np at main\n  pre cont\n", `t:7:7: unknown action "cont"; expected "count" perhaps`},
		{start + "-- probes --\np at main\n  pre none; count\n", `t:7:7: none beside other actions; expected none alone, or other actions`},
		{start + "-- probes --\np at main\n  pre count\n  pre count\n", `t:8:3: a second pre handler of "p"; expected one line for each handler, actions separated by ;`},
		{start + "-- probes --\np at main\n  pre set 5 1\n", `t:7:11: "5" cannot be set; expected %register or memory such as u32[ADDR]`},
		{start + "-- probes --\np at main\n  pre print \"x\" %rax\n", `t:7:17: unknown register %rax; expected "eax" perhaps`},
		{start + "-- probes --\np at main +\n", `t:6:12: unexpected the end of the expression; expected a number, %register, symbol, memory such as u32[ADDR], or (`},
		{start + "-- steps --\nhello\n", `t:6:1: output of no directive; expected a directive first, such as "> run"`},
		{start + "-- steps --\n> ran\n", `t:6:3: unknown directive "ran"; expected "run" perhaps`},
		{code + "-- tasks --\ncpu 0 calls rmmod(m)\n", `t:4:13: no module "m"; expected one of `},
		{code + "-- tasks --\ncpu 0 calls echo 1 > tracing_on\n", `t:4:18: unexpected 1; expected the text in double quotes, such as "hit"`},
		{code + "-- tasks --\ncpu 0 calls echo \"1\" tracing_on\n", `t:4:22: unknown arrow "tracing_on"; expected one of >, >>`},
		{code + "-- tasks --\ncpu 0 calls echo \"1\" >\n", `t:4:23: the line ends early; expected a file of tracefs, such as kprobe_events`},
		{code + "-- tasks --\ncpu 0 calls unload(m)\n", `t:4:13: unknown operation "unload(m)"; expected `},
		{start + "-- steps --\n> print hits(q)\n", `t:6:9: no probe "q"; expected one of `},
		{start + "-- check --\nno-missed-probes\n", `t:6:1: unknown property "no-missed-probes"; expected "no-missed-probe" perhaps`},
		{start + "-- check --\nnever %eax == 1\n", `t:6:11: no ":"; expected ":" behind the property's name`},
		{start + "-- check --\nno-deadlock\n-- expect --\nno-livelock\n", `t:8:1: "no-livelock" is not checked; expected "no-deadlock" perhaps`},
		{start + "-- memory --\nm at 0 size 0 prot rw--\n", `t:6:13: size of "0"; expected a size such as`},
		{start + "-- memory --\nm at 0 size 1 prot wr--\n", `t:6:20: permissions of "wr--"; expected four characters`},
		{"-- program --\ncall f\n", `t:1:1: a program without a path; expected a line: path "FILE"`},
		{"-- program --\npath x\n", `t:2:6: unexpected x; expected a path in double quotes, such as "hit"`},
	} {
		_, err := Parse("t", []byte(c.text))
		var e *Error
		require.True(t, errors.As(err, &e), "%q: %v", c.text, err)
		assert.True(t, strings.HasPrefix(e.Error(), c.want), "%q:\n got %s\nwant %s", c.text, e, c.want)
	}
}

func TestCaretStandsUnderTheColumn(t *testing.T) {
	_, err := Parse("t", []byte("-- machine --\n\tcpus é9\n"))
	var e *Error
	require.True(t, errors.As(err, &e))
	assert.Equal(t, "  \tcpus é9\n  \t     ^", e.Caret())
	long := &Error{Col: 1001, Text: strings.Repeat("é", 500) + "x" + strings.Repeat("y", 500)}
	assert.Equal(t, "  …"+strings.Repeat("é", 100)+"x"+strings.Repeat("y", 98)+"…\n  "+strings.Repeat(" ", 101)+"^", long.Caret())
	long.Col = 1
	assert.Equal(t, "  "+strings.Repeat("é", 200)+"…\n  ^", long.Caret())
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(example))
	f.Add([]byte(program))
	f.Add([]byte("-- machine --\ngate 3 dpl 3 trap\n-- program --\npath \"x\"\ncall f 1 2 = 3\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := Parse("f", data)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Col < 1 || e.Msg == "" {
				t.Fatalf("%#v", err)
			}
			_ = e.Caret()
			return
		}
		printed := file.Bytes()
		again, err := Parse("f", printed)
		if err != nil {
			t.Fatalf("printed form: %v\n%s", err, printed)
		}
		if got, want := fmt.Sprint(again.Bytes()), fmt.Sprint(printed); got != want {
			t.Fatalf("printing is not stable:\n%s", printed)
		}
	})
}
