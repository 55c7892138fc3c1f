package fetch_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/events"
	"trapline/internal/events/fetch"
	"trapline/internal/x86"
)

const (
	userBuf   = 0x10000
	kernelBuf = 0xffff888000010000
)

// The recorded line of k_types.txt, argument by argument: a symstr's text
// runs on into the next string, an unmapped ustring is a fault, an immediate
// string works in kernel probes.
func TestE6_SymbolStringRunsOn(t *testing.T) {
	m := newMachine()
	m.comm = "kt"
	m.regs[events.RegDX], m.regs[events.RegSI] = 16, userBuf
	m.regs[events.RegSP] = kernelBuf
	putWords(m.kernel, kernelBuf, 0xffffffff8100006b)
	put(m.kernel, 0xffffffff81001000, []byte("%s version %s\n\x00"))
	got := args(t, m, `u8=%dx:u8 s8=%dx:s8 x16=%dx:x16 b=%dx:b4@4/8 st=$stack0:symbol sx=$stack0:symstr cm=$comm `+
		`us=+0(%si):ustring im=\0x20:u16 is=\"imm" ban=@data:string arr=@data:u8[4] f=+0(%dx):u32`)
	assert.Equal(t, `u8=16 s8=16 x16=0x10 b=1 st=func+0x6b/0x1000 sx="func+0x6b/0x1000kt" cm="kt" us=(fault) im=32 is="imm" `+
		"ban=\"%s version %s\n\" arr={37,115,32,118} f=0", got)
}

func TestE8_FaultsGiveZero(t *testing.T) {
	m := newMachine()
	putWords(m.user, userBuf, 0x1122334455667788)
	m.regs[events.RegDI] = userBuf
	assert.Equal(t, "a=0x0 b=0 c={0x0,0x0} d=(fault) e=(fault) f=0x0",
		uargs(t, m, "a=+0(%ax) b=+0(+0(%ax)):u8 c=+0(%ax):x8[2] d=+0(%ax):string e=+0(+0(%ax)):string f=$stack0"))
	assert.Equal(t, "a=0x0 b=0 c={0x0,0x0} d=(fault) e=(fault) f=0x0",
		args(t, m, "a=+0(%ax) b=+0(+0(%ax)):u8 c=+0(%ax):x8[2] d=+0(%ax):string e=+0(+0(%ax)):string f=$stack0"))
}

// An access that runs into a missing page: a user copy keeps what came, a
// kernel copy comes whole or not at all.
func TestE8_AccessAcrossTheEndOfMemory(t *testing.T) {
	m := newMachine()
	put(m.user, userBuf+page-4, []byte{0x44, 0x33, 0x22, 0x11})
	put(m.kernel, kernelBuf+page-4, []byte{0x44, 0x33, 0x22, 0x11})
	m.regs[events.RegDI], m.regs[events.RegSI] = userBuf+page-4, kernelBuf+page-4
	assert.Equal(t, "a=0x11223344", uargs(t, m, "a=+0(%di)"))
	assert.Equal(t, "a=0x11223344 b=0x0 c=0x11223344", args(t, m, "a=+0(%di) b=+0(%si) c=+0(%si):x32"))
	assert.Equal(t, "a=(fault) b=(fault)", args(t, m, "a=+0(%di):string b=+0(%si):string"))
}

// A pointer that cannot be followed leaves a locator over all the room that
// the other strings have reserved, so it prints one of them.
func TestE8_BrokenPointerPrintsTheNextString(t *testing.T) {
	m := newMachine()
	put(m.user, userBuf, []byte("other\x00"))
	m.regs[events.RegDI] = userBuf
	assert.Equal(t, `a="other" b="other"`, uargs(t, m, "a=+0(+0(%ax)):string b=+0(%di):string"))
}

func TestE2_KernelProbesReadBothSides(t *testing.T) {
	m := newMachine()
	put(m.user, userBuf, []byte("user\x00"))
	put(m.kernel, kernelBuf, []byte("kern\x00"))
	m.regs[events.RegDI], m.regs[events.RegSI] = userBuf, kernelBuf
	assert.Equal(t, `a="user" b="user" c="user" d="kern" e=(fault) f=(fault) g=0x6e72656b`,
		args(t, m, "a=+0(%di):string b=+0(%di):ustring c=+u0(%di):string d=+0(%si):string e=+0(%si):ustring f=+u0(%si):string g=+0(%si):x32"))
}

// An empty user string comes out of 6.1's kernel probes as a fault; in
// uprobes, and of kernel memory, it is empty.
func TestE8_EmptyStrings(t *testing.T) {
	m := newMachine()
	put(m.user, userBuf, []byte{0})
	put(m.kernel, kernelBuf, []byte{0})
	m.regs[events.RegDI], m.regs[events.RegSI] = userBuf, kernelBuf
	assert.Equal(t, `a=(fault) b=""`, args(t, m, "a=+0(%di):ustring b=+0(%si):string"))
	assert.Equal(t, `a=""`, uargs(t, m, "a=+0(%di):string"))
}

func TestE2_ImmediateStrings(t *testing.T) {
	m := newMachine()
	assert.Equal(t, `a="text" b=""`, args(t, m, `a=\"text" b=\""`))
	assert.Equal(t, `a=(fault)`, uargs(t, m, `a=\"text"`))
	assert.Equal(t, `a="task"`, uargs(t, m, `a=\-70:string`), "the value that stands for $comm")
}

func TestE2_Comm(t *testing.T) {
	m := newMachine()
	m.comm = "fifteen-letters"
	assert.Equal(t, `a="fifteen-letters" b="fifteen-letters"`, args(t, m, "a=$comm b=$COMM:string"))
	assert.Equal(t, `a="fifteen-letters"`, uargs(t, m, "a=$comm"))
}

func TestE2_Arguments(t *testing.T) {
	m := newMachine()
	for i, r := range []events.Reg{events.RegDI, events.RegSI, events.RegDX, events.RegCX, events.RegR8, events.RegR9} {
		m.regs[r] = uint64(i + 1)
	}
	m.regs[events.RegSP] = kernelBuf
	putWords(m.kernel, kernelBuf, 0xdead, 7, 8)
	assert.Equal(t, "arg1=0x1 arg2=0x6 arg3=0x7 arg4=0x8", args(t, m, "$arg1 $arg6 $arg7 $arg8"))

	p := compile(t, m, events.Kprobe, x86.I386, "p:e func $arg1 $arg2 $arg3 $arg4")
	m.regs[events.RegAX], m.regs[events.RegDX], m.regs[events.RegCX] = 0xa, 0xd, 0xc
	m.regs[events.RegSP] = 0xc1000000
	put(m.kernel, 0xc1000000, []byte{1, 0, 0, 0, 4, 0, 0, 0})
	assert.True(t, strings.HasSuffix(text(t, m, p), " arg1=0xa arg2=0xd arg3=0xc arg4=0x4"))
}

// A kernel probe's $stackN ends where the kernel stack does.
func TestE2_StackEntriesStayOnTheStack(t *testing.T) {
	m := newMachine()
	const top = 0xffff888000014000 // a multiple of the stack's 16 KiB
	m.regs[events.RegSP] = top - 8
	putWords(m.kernel, top-8, 1, 2)
	putWords(m.user, userBuf, 1, 2)
	assert.Equal(t, "a=0x1 b=0x0", args(t, m, "a=$stack0 b=$stack1"))
	m.regs[events.RegSP] = userBuf
	assert.Equal(t, "a=0x1 b=0x2 c=0x0", uargs(t, m, "a=$stack0 b=$stack1 c=$stack1000"))
}

func TestE2_SelectorsAre16Bit(t *testing.T) {
	m := newMachine()
	m.regs[events.RegCS], m.regs[events.RegGS], m.regs[events.RegAX] = 0xabcd0073, 0xc1003620, 0xabcd0073
	p := compile(t, m, events.Uprobe, x86.I386, "p:e /f:0 %cs %gs %ax")
	assert.True(t, strings.HasSuffix(text(t, m, p), " arg1=0x73 arg2=0x3620 arg3=0xabcd0073"))
}

func TestE8_StringCap(t *testing.T) {
	m := newMachine()
	put(m.user, userBuf, []byte(strings.Repeat("x", 8000)+"\x00"))
	put(m.kernel, kernelBuf, []byte(strings.Repeat("x", 8000)+"\x00"))
	m.regs[events.RegDI], m.regs[events.RegSI] = userBuf, kernelBuf
	assert.Equal(t, "a=(fault)", uargs(t, m, "a=+0(%di):string"), "a uprobe reserves nothing for a string over 4096 bytes")
	for _, line := range []string{"a=+0(%si):string", "a=+0(%di):ustring"} {
		p := compile(t, m, events.Kprobe, x86.AMD64, "p:e func "+line)
		_, ok := fetch.NewFetcher(p, m).Fetch(m, fetch.Hit{})
		assert.False(t, ok, "a page of string is more than the ring buffer takes")
	}
}

// The largest record that the ring buffer takes is 4072 bytes; a line of
// trace text ends before it gets longer than a page.
func TestE8_RecordAndLineBounds(t *testing.T) {
	m := newMachine()
	m.regs[events.RegDI] = userBuf
	p := compile(t, m, events.Uprobe, x86.AMD64, "p:e /f:0 a=+0(%di):string b=%di")
	f := fetch.NewFetcher(p, m)
	fits := 4072 - 16 - 4 - 8 - 1
	put(m.user, userBuf, []byte(strings.Repeat("x", fits)+"\x00"))
	rec, ok := f.Fetch(m, fetch.Hit{})
	require.True(t, ok)
	assert.Len(t, rec.Data, 4072)
	put(m.user, userBuf, []byte(strings.Repeat("x", fits+1)+"\x00"))
	_, ok = f.Fetch(m, fetch.Hit{})
	assert.False(t, ok)

	var l fetch.Line
	l.AddString(strings.Repeat("h", 60))
	put(m.user, userBuf, []byte(strings.Repeat("x", fits)+"\x00"))
	rec, _ = f.Fetch(m, fetch.Hit{})
	rec.AppendText(&l, fetch.Names{})
	assert.True(t, l.Full())
	assert.True(t, strings.HasSuffix(string(l.Text), "e: (0x0) a="), "the string is left out, and all behind it")
}

func TestE2_StringArrays(t *testing.T) {
	m := newMachine()
	put(m.user, userBuf, []byte("one\x00\x00three\x00"))
	putWords(m.user, userBuf+0x100, userBuf, userBuf+4, userBuf+5, 0)
	m.regs[events.RegDI] = userBuf + 0x100
	assert.Equal(t, `a={"one","","three",(fault)} b="one"`, uargs(t, m, "a=+0(%di):string[4] b=+0(+0(%di)):string"))
	assert.Equal(t, `a={"one",(fault)}`, args(t, m, "a=+0(%di):ustring[2]"), "empty user strings, see TestE8_EmptyStrings")
	assert.Equal(t, `a={"one",""}`, uargs(t, m, "a=+u0(%di):string[2]"))
	assert.Equal(t, "a={(fault),(fault)}", uargs(t, m, `a=\0x10000:string[2]`), "only a pointer's memory can be stepped through")
}

// Bit fields against the plain meaning: width bits from offset on.
func TestE2_Bitfields(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		size := rapid.SampledFrom([]uint{8, 16, 32, 64}).Draw(rt, "size")
		width := rapid.UintRange(1, size).Draw(rt, "width")
		offset := rapid.UintRange(0, size-width).Draw(rt, "offset")
		v := rapid.Uint64().Draw(rt, "value")
		m := newMachine()
		m.regs[events.RegAX] = v
		p := compile(t, m, events.Uprobe, x86.AMD64, "p:e /f:0 a=%ax:b"+utoa(width)+"@"+utoa(offset)+"/"+utoa(size))
		rec, ok := fetch.NewFetcher(p, nil).Fetch(m, fetch.Hit{})
		require.True(rt, ok)
		want := v >> offset
		if width < 64 {
			want &= 1<<width - 1
		}
		assert.Equal(rt, want, rec.Values(fetch.Names{})[0].Value)
	})
}

func utoa(n uint) string { b, _ := json.Marshal(n); return string(b) }

func TestE6_PlacesOfKernelProbes(t *testing.T) {
	m := newMachine()
	p := compile(t, m, events.Kprobe, x86.AMD64, "r:e func $retval")
	m.regs[events.RegAX] = 7
	print := func(h fetch.Hit, n fetch.Names) string {
		rec, ok := fetch.NewFetcher(p, m).Fetch(m, h)
		require.True(t, ok)
		var l fetch.Line
		rec.AppendText(&l, n)
		return string(l.Text)
	}
	hit := fetch.Hit{Addr: 0xffffffff81000000, Return: 0xffffffff81002010}
	assert.Equal(t, "e: (mfunc+0x10/0x1000 [mod] <- func) arg1=0x7", print(hit, fetch.Names{Symbols: m}))
	assert.Equal(t, "e: ([unknown/kretprobe'd] <- func) arg1=0x7",
		print(hit, fetch.Names{Symbols: m, Trampoline: func(a uint64) bool { return a == hit.Return }}))
	assert.Equal(t, "e: (0x1234 <- 0x00001234) arg1=0x7", print(fetch.Hit{Addr: 0x1234, Return: 0x1234}, fetch.Names{}))
	assert.Equal(t, "e: (0 <- 0) arg1=0x7", print(fetch.Hit{}, fetch.Names{}))
}

func TestRecordAsJSON(t *testing.T) {
	m := newMachine()
	put(m.user, userBuf, []byte("ab\xff\x00cd\x00"))
	m.regs[events.RegDI], m.regs[events.RegAX] = userBuf, ^uint64(0)
	p := compile(t, m, events.Uprobe, x86.AMD64,
		"p:e /f:0 a=%ax:u64 b=%ax:s8 c=%ax:x16 d=+0(%di):string e=+4(%di):string f=+0(%ax):string g=+4(%di):u8[2] h=%ax:symbol")
	rec, ok := fetch.NewFetcher(p, nil).Fetch(m, fetch.Hit{})
	require.True(t, ok)
	text, err := json.Marshal(rec.Values(fetch.Names{}))
	require.NoError(t, err)
	assert.JSONEq(t, `[{"name":"a","type":"u64","value":18446744073709551615},{"name":"b","type":"s8","value":-1},
		{"name":"c","type":"x16","value":"0xffff"},{"name":"d","type":"string","value":{"bytes":[97,98,255]}},
		{"name":"e","type":"string","value":"cd"},{"name":"f","type":"string","value":null},
		{"name":"g","type":"u8","value":[99,100]},{"name":"h","type":"symbol","value":"0xffffffffffffffff"}]`, string(text))
}

func TestRecordOutlivesFetcher(t *testing.T) {
	m := newMachine()
	p := compile(t, m, events.Uprobe, x86.AMD64, "p:e /f:0 %ax")
	f := fetch.NewFetcher(p, nil)
	m.regs[events.RegAX] = 1
	rec, _ := f.Fetch(m, fetch.Hit{Addr: 5})
	kept := rec.Clone()
	m.regs[events.RegAX] = 2
	f.Fetch(m, fetch.Hit{Addr: 6})
	assert.Equal(t, uint64(5), kept.Hit().Addr)
	assert.Equal(t, "0x1", kept.Values(fetch.Names{})[0].Value)
}
