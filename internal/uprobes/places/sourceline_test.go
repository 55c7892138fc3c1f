package places

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// list compiles a program with debug information.
func list(t *testing.T, flags ...string) oneFile {
	if _, err := exec.LookPath("gcc"); err != nil {
		t.Skip("no gcc")
	}
	path := filepath.Join(t.TempDir(), "list")
	out, err := exec.Command("gcc", append(flags, "-o", path, "../source/testdata/list.c")...).CombinedOutput()
	require.NoError(t, err, "%s", out)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	return oneFile{NewFile(read(t, path), data)}
}

// A line's places are one event, and lines are counted from a function's declaration or in a file.
func TestSourceLines(t *testing.T) {
	f := list(t, "-g", "-O0")
	texts := func(line string) []string {
		lines, err := Resolve(line, f)
		require.NoError(t, err)
		var l []string
		for _, x := range lines {
			require.Regexp(t, ` \./x:0x[0-9a-f]+`, x.Text)
			first, _, _ := strings.Cut(x.Text, " ")
			l = append(l, first)
		}
		return l
	}
	require.Equal(t, []string{"p:sum_L5", "p:sum_L5", "p:sum_L5"}, texts("p ./x:sum:5"))
	require.Equal(t, []string{"p:g/e", "p:g/e", "p:g/e"}, texts("p:g/e ./x:list.c:34 %di"))
	require.Equal(t, []string{"p:sum_L0"}, texts("p ./x:sum:0"))
	require.Equal(t, offsets(f, "sum:5"), offsets(f, "testdata/list.c:34"))
	require.Equal(t, offsets(f, "sum"), offsets(f, "sum:0"))
	for text, want := range map[string]string{
		"sum:1":      "./x: sum:1: its code begins where that of sum:0 does; expected that line",
		"sum:3":      "./x: sum:3: the line has no code; expected line 2 or 4, the nearest with code",
		"sum:30":     "./x: sum:30: sum has the lines 0 to 9",
		"list.c:999": "./x: list.c:999: the line has no code; expected line 48, the nearest with code",
		"sun:1":      `./x: sun:1: "sun" is no function of the debug information and no source file; did you mean sum?`,
	} {
		require.Equal(t, []string{want}, offsets(f, text))
	}
	require.Equal(t, []string{"./x: no debug information; expected a program compiled with -g"}, offsets(list(t, "-O0"), "sum:1"))
}

// A function that is only inlined is probed where its copies begin.
func TestInlinedFunctions(t *testing.T) {
	f := list(t, "-g", "-O2")
	require.Equal(t, offsets(f, "twice:0"), offsets(f, "twice"))
	require.Len(t, offsets(f, "twice"), 1)
	require.True(t, strings.HasPrefix(offsets(f, "twice")[0], "0x"))
}

// Arguments name variables; a probe on the entry of a function that sets its frame up first is put behind that.
func TestVariableArguments(t *testing.T) {
	f := list(t, "-g", "-O0")
	one := func(line string) string {
		lines, err := Resolve(line, f)
		if err != nil {
			return err.Error()
		}
		_, arguments, _ := strings.Cut(lines[0].Text, " ./x:")
		_, arguments, _ = strings.Cut(arguments, " ")
		return arguments
	}
	require.Equal(t, "factor=-28(%bp):s32 list=-24(%bp):x64", one("p ./x:sum factor list"))
	require.Equal(t, "%di f=-28(%bp):u8 +0(%si):string", one("p ./x:sum %di f=factor:u8 +0(%si):string"))
	require.Equal(t, "id=+0(+8(-16(%bp))):s32 name=+16(-16(%bp)):string name_1=+18(-16(%bp)):s8", one("p ./x:sum:5 i->next->id i->name:string i->name[2]"))
	require.Equal(t, "name=+16(-16(%bp)) i=-16(%bp):s64 factor_u8=-28(%bp):u8 i_1=+0(-16(%bp)):x64", one("p ./x:sum:5 i->name i=i:s factor:u8 i[0]"))
	require.Equal(t, "list=-24(%bp):x64 factor=-28(%bp):s32", one("p ./x:sum $params"))
	require.Regexp(t, `^total=@\+0x[0-9a-f]+:s32$`, one("p ./x:sum total"))
	require.NotEqual(t, offsets(f, "sum"), offsets(f, "sum factor"))
	for line, want := range map[string]string{
		"p ./x:sum nosuch":                   `no variable "nosuch" in sum there; expected one of list, factor, s`,
		"p ./x:sum:5 i.id":                   "i.id: .id of a pointer; expected ->id",
		"p ./x:sum:5 i->size":                `i->size: struct item has no member "size"; expected one of id, next, name`,
		"p ./x:sum:5 factor[1]":              "factor[1]: [1] of what is no array and no pointer, but int",
		"p ./x:sum:5 i->next:string":         "i->next:string: string of what is no char* and no array of char, but struct item*",
		"p ./x:sum:5 factor:string":          "factor:string: string of what is no char* and no array of char, but int",
		"p ./x:sum:5 i->next->id->x":         "i->next->id->x: ->x of what is no pointer, but int",
		"p ./x:sum:5 i->next->[x]":           `"->[x]" in i->next->[x]; expected .member, ->member or [index]`,
		"p ./x:sum:5 i->name[1234567890123]": "index 1234567890123; expected one below 2^31",
	} {
		require.Equal(t, want, one(line), line)
	}
	at5 := offsets(f, "sum:5")[0]
	require.Equal(t, "s=-4(%bp):s32", one("p ./x:"+at5+" s"))
	require.Equal(t, "a return probe cannot fetch variables: their places are gone; expected $retval or a register", one("r ./x:sum s"))
	_, err := Resolve("p ./x:sum %di nosuch", f)
	var at *Error
	require.ErrorAs(t, err, &at)
	require.Equal(t, 14, at.At)
}
