package events_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"trapline/internal/events"
	"trapline/internal/x86"
)

func parse(t *testing.T, kind events.Kind, line string, arch x86.Arch) *events.Definition {
	d, err := events.Parse(kind, line, options(arch))
	require.NoError(t, err, line)
	require.NotNil(t, d)
	return d
}

func TestE1_Readback(t *testing.T) {
	for _, tc := range []struct {
		kind       events.Kind
		line, want string
	}{
		{events.Kprobe, "p vfs_read", "p:kprobes/p_vfs_read_0 vfs_read"},
		{events.Kprobe, "px vfs_read+0x10", "p:kprobes/p_vfs_read_16 vfs_read+16"},
		{events.Kprobe, "p:e vfs_read-0", "p:kprobes/e vfs_read"},
		{events.Kprobe, "p:g. vfs_read", "p:g/p_vfs_read_0 vfs_read"},
		{events.Kprobe, "r vfs_read", "r:kprobes/r_vfs_read_0 vfs_read"},
		{events.Kprobe, "r0x20:g/e mod:start", "r32:g/e mod:start"},
		{events.Kprobe, "r mod:start", "r:kprobes/r_mod_start_0 mod:start"},
		{events.Kprobe, "p gone:away.part.0+4", "p:kprobes/p_gone_away_part_0_4 gone:away.part.0+4"},
		{events.Kprobe, "p vfs_read%return $retval", "r:kprobes/r_vfs_read_0 vfs_read arg1=$retval"},
		{events.Kprobe, "p:g/e 0", "p:g/e 0x0000000000000000"},
		{events.Kprobe, "p 0xffffffffffffffff", "p:kprobes/p_0xffffffffffffffff 0xffffffffffffffff"},
		{events.Kprobe, "p:e vfs_read +0(+8(%di)):x8[4]junk=%ax", ""},
		{events.Uprobe, "p /bin/prog:0x10", "p:uprobes/p_prog_0x10 /bin/prog:0x0000000000000010"},
		{events.Uprobe, "r99:g/e /bin/prog:020%return(010) %ax +0(%di)x", "r:uprobes/p_prog_0x10 /bin/prog:0x0000000000000010(0x8) arg1=%ax arg2=+0(%di)x"},
		{events.Uprobe, "p:g/e /bin/prog:0(0)", "p:g/e /bin/prog:0x0000000000000000"},
	} {
		d, err := events.Parse(tc.kind, tc.line, options(x86.AMD64))
		if tc.want == "" {
			assert.Error(t, err, tc.line)
			continue
		}
		require.NoError(t, err, tc.line)
		assert.Equal(t, tc.want, d.Readback(nil), tc.line)
	}
}

// Reading a definition back and defining that gives the same again, but for
// what a file cannot say: a hashed address, or a name cut at the limit.
func TestE1_ReadbackParsesToItself(t *testing.T) {
	for _, line := range []string{
		`p:g/e vfs_read+4 a=%ax:u8 b=+0(-8(%sp)):string c=\"x" d=@jiffies+4:u32 e=\-1 f=$stack3:x16`,
		`r7:g/e vfs_read a=$retval:s32 b=$comm c=+0($stack0):x8[3] d=%di:b3@1/8 e=$stack`,
	} {
		d := parse(t, events.Kprobe, line, x86.AMD64)
		again := parse(t, events.Kprobe, d.Readback(nil), x86.AMD64)
		assert.Equal(t, d, again)
	}
}

func TestE1_DefaultNamesAreCut(t *testing.T) {
	d := parse(t, events.Kprobe, "p gone:"+strings.Repeat("x", 80), x86.AMD64)
	assert.Equal(t, "p_gone_"+strings.Repeat("x", 56), d.Event)
	assert.Len(t, d.Event, events.MaxName)
}

func TestE1_BlankLine(t *testing.T) {
	d, err := events.Parse(events.Kprobe, " \t\xa0", options(x86.AMD64))
	assert.Nil(t, d)
	assert.NoError(t, err)
}

func TestE2_ArgumentsAtTheLimit(t *testing.T) {
	d := parse(t, events.Kprobe, "p vfs_read"+strings.Repeat(" %ax:u8", events.MaxArgs+20), x86.AMD64)
	assert.Len(t, d.Args, events.MaxArgs)
	assert.Equal(t, "arg128", d.Args[127].Name)

	deep := parse(t, events.Kprobe, "p vfs_read a="+nested(14, "%ax"), x86.AMD64)
	assert.Equal(t, events.Register, deep.Args[0].Expr.Base().Kind)
}

func TestE2_RegistersByArchitecture(t *testing.T) {
	for _, tc := range []struct {
		name       string
		on64, on32 bool
	}{
		{"ax", true, true}, {"orig_ax", true, true}, {"flags", true, true}, {"ss", true, true},
		{"r8", true, false}, {"r15", true, false}, {"ds", false, true}, {"gs", false, true},
		{"eax", false, false}, {"rax", false, false}, {"AX", false, false}, {"r16", false, false}, {"", false, false},
	} {
		_, on64 := events.RegisterNamed(x86.AMD64, tc.name)
		_, on32 := events.RegisterNamed(x86.I386, tc.name)
		assert.Equal(t, tc.on64, on64, tc.name)
		assert.Equal(t, tc.on32, on32, tc.name)
	}
}

func TestE2_NumbersByWordWidth(t *testing.T) {
	for _, body := range []string{`\0x100000000`, `\-2147483649`, "@0x100000000", "+2147483648(%ax)"} {
		_, err := events.Parse(events.Uprobe, "p /bin/prog:0 "+body, options(x86.AMD64))
		assert.NoError(t, err, body)
		_, err = events.Parse(events.Uprobe, "p /bin/prog:0 "+body, options(x86.I386))
		assert.ErrorIs(t, err, events.ERANGE, body)
	}
	d := parse(t, events.Uprobe, `p /bin/prog:0 \-1`, x86.I386)
	assert.Equal(t, uint64(0xffffffff), d.Args[0].Expr.Value)
}

// The expression tree prints to a text that means the same tree.
func TestE2_ExpressionPrintsBack(t *testing.T) {
	for _, body := range []string{
		"%ax", "$stack", "$stack7", "$comm", `\0x10`, `\-1`, `\"text"`, "@0x1000",
		"+0(%di)", "-8(+u4(%sp))", "+-4(%di)", "-u0x10(@16)", "+010(+0(%ax)junk)",
	} {
		d := parse(t, events.Uprobe, "p /bin/prog:0 a="+body, x86.AMD64)
		again := parse(t, events.Uprobe, "p /bin/prog:0 a="+d.Args[0].Expr.String(), x86.AMD64)
		assert.Equal(t, d.Args[0].Expr, again.Args[0].Expr, body)
	}
}

func TestE2_SymbolArguments(t *testing.T) {
	d := parse(t, events.Kprobe, "p vfs_read a=@jiffies-8 b=+4(@vfs_write+0x10)", x86.AMD64)
	require.Zero(t, d.ResolveSymbols(fakeKernel{}))
	assert.Equal(t, uint64(0xc10001f8), d.Args[0].Expr.Value)
	assert.Equal(t, uint64(0xc1000110), d.Args[1].Expr.Base().Value)

	assert.Equal(t, events.ENOENT, parse(t, events.Kprobe, "p vfs_read @nothing", x86.AMD64).ResolveSymbols(fakeKernel{}))
	assert.Equal(t, events.EINVAL, parse(t, events.Kprobe, "p vfs_read @jiffies+x", x86.AMD64).ResolveSymbols(fakeKernel{}))
}

func TestE4_DeletionMatchesPlaceAndArguments(t *testing.T) {
	u := parse(t, events.Uprobe, "p:g/e /bin/prog:0x10 a=%ax b=%bx", x86.AMD64)
	const place = "/bin/prog:0x0000000000000010"
	assert.True(t, u.MatchWords(nil, nil))
	assert.True(t, u.MatchWords([]string{place}, nil))
	assert.True(t, u.MatchWords([]string{place, "a=%ax"}, nil))
	assert.False(t, u.MatchWords([]string{"/bin/prog:0x10"}, nil))
	assert.False(t, u.MatchWords([]string{place, "b=%bx"}, nil))
	assert.False(t, u.MatchWords([]string{place, "a=%ax", "b=%bx", "c=%cx"}, nil))

	k := parse(t, events.Kprobe, "p:g/e "+"gone:"+strings.Repeat("x", 80)+"+4", x86.AMD64)
	assert.True(t, k.MatchWords([]string{k.Place(nil)[:events.MaxArgText]}, nil))
	assert.False(t, k.MatchWords([]string{k.Place(nil)}, nil))
}

func TestDefinitionAsJSON(t *testing.T) {
	d := parse(t, events.Kprobe, `p:g/e vfs_read+4 a=+8(%di):x8[2] b=%ax:b3@1/8`, x86.AMD64)
	text, err := json.Marshal(d)
	require.NoError(t, err)
	assert.JSONEq(t, `{"kind":"kprobe","type":"p","arch":"x86_64","group":"g","event":"e","symbol":"vfs_read","offset":4,"args":[
		{"name":"a","text":"+8(%di):x8[2]","type":"x8","count":2,"record_offset":0,"record_size":2,
		 "expr":{"kind":"dereference","offset":8,"user":false,"of":{"kind":"register","register":"di"}}},
		{"name":"b","text":"%ax:b3@1/8","type":"u8","bitfield":{"left":4,"right":5},"record_offset":2,"record_size":1,
		 "expr":{"kind":"register","register":"ax"}}]}`, string(text))

	_, err = events.Parse(events.Uprobe, "p /bin/prog:0 %none", options(x86.AMD64))
	text, jsonErr := json.Marshal(err)
	require.NoError(t, jsonErr)
	assert.JSONEq(t, `{"errno":22,"name":"EINVAL","problem":"BAD_REG_NAME","text":"Invalid register name",
		"command":"p /bin/prog:0 %none","pos":14,
		"log":"trace_uprobe: error: Invalid register name\n  Command: p /bin/prog:0 %none\n                         ^\n"}`, string(text))
}
