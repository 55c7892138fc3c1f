package events_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/x86"
)

// checkHostile holds what must be true of any line: no panic, an error that
// points into or just behind the line, a definition within the bounds that
// can be shown in every form.
func checkHostile(t *testing.T, kind events.Kind, arch x86.Arch, line string) {
	d, err := events.Parse(kind, line, options(arch))
	if err != nil {
		var e *events.Error
		require.True(t, errors.As(err, &e))
		require.NotZero(t, e.Errno)
		if e.Problem != events.NoProblem {
			require.LessOrEqual(t, e.Pos, len(e.Command)+1)
			require.GreaterOrEqual(t, e.Pos, 0)
			require.Equal(t, 3, strings.Count(e.LogText(), "\n")-strings.Count(e.Command, "\n"))
		}
		return
	}
	if d == nil {
		require.Empty(t, events.SplitWords(line))
		return
	}
	require.LessOrEqual(t, len(d.Args), events.MaxArgs)
	require.LessOrEqual(t, d.Size, events.MaxEventSize)
	require.LessOrEqual(t, len(d.Event), events.MaxName)
	_ = d.Readback(nil) + d.Format(1)
	_, err = json.Marshal(d)
	require.NoError(t, err)
	for i := range d.Args {
		checkPrintsBack(t, d, &d.Args[i])
	}
}

// checkPrintsBack parses an expression from its canonical text.
func checkPrintsBack(t *testing.T, d *events.Definition, a *events.Arg) {
	text := a.Expr.String()
	if len(text) > events.MaxArgText || a.Expr.Kind == events.Comm || a.Expr.Kind == events.ImmediateString {
		return
	}
	place := "vfs_read"
	if d.Kind == events.Uprobe {
		place = "/bin/prog:0"
	}
	if d.Return {
		place += "%return"
	}
	again, err := events.Parse(d.Kind, "p "+place+" a="+text, options(d.Arch))
	require.NoError(t, err, text)
	require.Equal(t, a.Expr, again.Args[0].Expr)
}

func FuzzParse(f *testing.F) {
	for _, tc := range refusals {
		f.Add(strings.Replace(tc.line, "^", "", 1))
	}
	f.Add(`p:g/e vfs_read+4 a=%ax:u8 b=+0(-8(%sp)):string c=\"x" d=@jiffies+4:u32 e=\-1 f=$stack3:b3@1/16`)
	f.Add("r7:g.e /bin/prog:0x10%return(0x8) a=$retval:s32 b=$comm c=+u0($stack0):ustring[3] d=@+8:x8[64]")
	f.Add("p:\xe9\xa0t\xe9 vfs_read \xc0=%ax")
	f.Fuzz(func(t *testing.T, line string) {
		for _, kind := range []events.Kind{events.Kprobe, events.Uprobe} {
			for _, arch := range []x86.Arch{x86.AMD64, x86.I386} {
				checkHostile(t, kind, arch, line)
			}
		}
	})
}

func TestHostileLines(t *testing.T) {
	const huge = 1 << 16
	for _, line := range []string{
		strings.Repeat("p", huge),
		"p:" + strings.Repeat("g", huge) + "/e vfs_read",
		"p " + strings.Repeat("x", huge),
		"p /bin/prog:" + strings.Repeat("9", huge),
		"p vfs_read+" + strings.Repeat("0", huge) + "1",
		"r" + strings.Repeat("9", huge) + " vfs_read",
		"p vfs_read " + strings.Repeat("+0(", huge),
		"p vfs_read " + strings.Repeat(")", huge) + strings.Repeat("=", huge),
		"p vfs_read" + strings.Repeat(" %ax", huge),
		"p vfs_read +0(%ax):u8[" + strings.Repeat("9", huge) + "]",
		"p vfs_read %ax:b" + strings.Repeat("9", huge) + "@0/8",
		"p \xff\xfe\x00 \x80=\x80",
		"\x00", ":", "p :", "p:/ /", `p vfs_read \`, "p vfs_read @", "p vfs_read +", "p vfs_read -u", "p vfs_read =",
	} {
		for _, kind := range []events.Kind{events.Kprobe, events.Uprobe} {
			checkHostile(t, kind, x86.AMD64, line)
			checkHostile(t, kind, x86.I386, line)
		}
	}
}

func TestLatin1Names(t *testing.T) {
	d := parse(t, events.Kprobe, "p:\xe9t\xe9 vfs_read \xc0=%ax", x86.AMD64)
	assert.Equal(t, "\xe9t\xe9", d.Event)
	_, err := events.Parse(events.Kprobe, "p:été vfs_read", options(x86.AMD64))
	assert.ErrorContains(t, err, "Event name must follow", "UTF-8's second bytes are no letters")
}

var sink *events.Definition

func BenchmarkParse(b *testing.B) {
	for _, bc := range []struct {
		name string
		kind events.Kind
		line string
	}{
		{"kprobe-4-args", events.Kprobe, "p:g/e vfs_read a=%ax b=+8(%sp):u32 c=+0(+0(%di)):string d=$stack2:x16"},
		{"uprobe-4-args", events.Uprobe, "p:g/e /bin/prog:0x10 a=%ax b=+8(%sp):u32 c=+0(+0(%di)):string d=$stack2:x16"},
	} {
		b.Run(bc.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				d, err := events.Parse(bc.kind, bc.line, options(x86.AMD64))
				if err != nil {
					b.Fatal(err)
				}
				sink = d
			}
		})
	}
}
