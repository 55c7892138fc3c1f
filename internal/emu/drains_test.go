package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// T2: what empties the store buffer, and what does not (SDM vol. 3, 9.2.2, 9.3,
// 11.12.3, 12.10).
func TestT2WhatDrainsTheStoreBuffer(t *testing.T) {
	const icr, unknown, interrupt, cr0 = msrX2APICICR, 0x12345, 0x40, 0x80050033
	for name, x := range map[string]struct {
		code   []byte
		rcx    uint64
		rax    uint64
		drains bool
	}{
		"mov":               {code: []byte{0x89, 0x06}},
		"add":               {code: []byte{0x83, 0x06, 1}},
		"lock add":          {code: []byte{0xf0, 0x83, 0x06, 1}, drains: true},
		"xchg":              {code: []byte{0x87, 0x06}, drains: true},
		"xchg of registers": {code: []byte{0x87, 0xc3}},
		"mfence":            {code: []byte{0x0f, 0xae, 0xf0}, drains: true},
		"lfence":            {code: []byte{0x0f, 0xae, 0xe8}},
		"sfence":            {code: []byte{0x0f, 0xae, 0xf8}},
		"cpuid":             {code: []byte{0x0f, 0xa2}, drains: true},
		"mov to cr0":        {code: []byte{0x0f, 0x22, 0xc0}, rax: cr0, drains: true},
		"mov to cr8":        {code: []byte{0x44, 0x0f, 0x22, 0xc0}},
		"mov from cr0":      {code: []byte{0x0f, 0x20, 0xc3}},
		"mov to dr0":        {code: []byte{0x0f, 0x23, 0xc0}, drains: true},
		"wrmsr":             {code: []byte{0x0f, 0x30}, rcx: msrSysenterEIP, drains: true},
		"wrmsr to the ICR":  {code: []byte{0x0f, 0x30}, rcx: icr, rax: interrupt},
		"wrmsr that faults": {code: []byte{0x0f, 0x30}, rcx: unknown, drains: true},
		"rdmsr":             {code: []byte{0x0f, 0x32}, rcx: msrSysenterEIP},
		"lidt":              {code: []byte{0x0f, 0x01, 0x1e}, drains: true},
		"sidt":              {code: []byte{0x0f, 0x01, 0x0e}},
		"invlpg":            {code: []byte{0x0f, 0x01, 0x3e}, drains: true},
		"smsw":              {code: []byte{0x0f, 0x01, 0xe3}},
		"swapgs":            {code: []byte{0x0f, 0x01, 0xf8}},
		"str":               {code: []byte{0x0f, 0x00, 0xcb}},
		"wbinvd":            {code: []byte{0x0f, 0x09}, drains: true},
		"in":                {code: []byte{0xec}, drains: true},
		"out":               {code: []byte{0xee}, drains: true},
		"int3":              {code: []byte{0xcc}, drains: true},
		"undefined":         {code: []byte{0x0f, 0x0b}, drains: true},
		"page fault":        {code: []byte{0x8b, 0x04, 0x25, 0, 0, 0, 0x70}, drains: true},
	} {
		t.Run(name, func(t *testing.T) {
			m, c, _ := newTaken(t, x86.AMD64, append([]byte{0xc6, 0x03, 7}, x.code...)...) // movb $7,(%rbx)
			m.buffer = 8
			c.GPR[x86.RBX], c.GPR[x86.RSI], c.GPR[x86.RCX] = 0x5000, 0x5100, x.rcx
			c.GPR[x86.RAX], c.GPR[x86.RDX] = x.rax, 0
			m.Step(0)
			require.Len(t, c.Buffered(), 1)
			m.Step(0)
			require.NoError(t, m.Err())
			v, _ := m.PeekWord(c.Space, 0x5000, 1)
			require.Equal(t, x.drains, v == 7, "the store is in memory")
		})
	}
}

// T2: a store inside an aligned quadword reaches memory whole (AMD's manual, vol. 2, 7.3.2), on Intel's processors inside
// a cache line (SDM vol. 3, 9.1.1). Others come in two pieces, the lower one first.
func TestT2StoresAreWholeInAQuadword(t *testing.T) {
	for _, x := range []struct {
		vendor Vendor
		at     uint64
		pieces []int
	}{
		{AMD, 0x5000, []int{4}}, {AMD, 0x5002, []int{4}}, {AMD, 0x5004, []int{4}}, {AMD, 0x5005, []int{3, 1}}, {AMD, 0x503e, []int{2, 2}},
		{Intel, 0x5005, []int{4}}, {Intel, 0x503c, []int{4}}, {Intel, 0x503d, []int{3, 1}}, {Intel, 0x5fff, []int{1, 3}},
	} {
		m, c, _ := newTaken(t, x86.AMD64, 0x89, 0x06) // movl %eax,(%rsi)
		m.Vendor, m.buffer = x.vendor, 8
		next, err := m.Mem.AllocRun(1)
		require.NoError(t, err)
		require.NoError(t, c.Space.Map(0x6000, next, 1, Write))
		c.GPR[x86.RAX], c.GPR[x86.RSI] = 0x44332211, x.at
		m.Step(0)
		require.Nil(t, m.Event().Delivery, "%#x", x.at)
		at := x.at
		for _, n := range x.pieces {
			s := c.Buffered()[0]
			require.Equal(t, at, s.Addr)
			require.EqualValues(t, n, s.Size)
			m.StepUnit(StoreBuffer, 0)
			at += uint64(n)
			seen, _ := m.PeekWord(c.Space, x.at, int(at-x.at))
			require.Equal(t, uint64(0x44332211)&(1<<(8*(at-x.at))-1), seen)
		}
		require.Empty(t, c.Buffered())
	}
}

// The ICR sends interrupts to vCPUs by their numbers (SDM vol. 3, 11.12.9).
func TestInterruptCommandRegister(t *testing.T) {
	for _, x := range []struct {
		low, to uint64
		reached [][]x86.Vector
		faults  bool
	}{
		{low: 0x40, to: 1, reached: [][]x86.Vector{nil, {0x40}}},
		{low: 0x40, to: 2, reached: [][]x86.Vector{nil, nil}},
		{low: 0x40, to: icrBroadcast, reached: [][]x86.Vector{{0x40}, {0x40}}},
		{low: 0x40 | icrSelf, to: 1, reached: [][]x86.Vector{{0x40}, nil}},
		{low: 0x40 | icrAll, reached: [][]x86.Vector{{0x40}, {0x40}}},
		{low: 0x40 | icrOthers | icrAssert, reached: [][]x86.Vector{nil, {0x40}}},
		{low: icrNMI, to: 1, reached: [][]x86.Vector{nil, {x86.VecNMI}}},
		{low: 0xf, to: 1, reached: [][]x86.Vector{nil, nil}}, // no vector of an interrupt
		{low: 0x40 | 5<<8, to: 1, faults: true},              // INIT
		{low: 0x40 | 1<<11, to: 1, faults: true},             // a logical destination
		{low: 0x40 | 1<<12, to: 1, faults: true},
	} {
		m, err := New(Config{Arch: x86.AMD64, CPUs: 2})
		require.NoError(t, err)
		t.Cleanup(m.Close)
		c := m.CPUs[0]
		c.GPR[x86.RAX], c.GPR[x86.RDX] = x.low, x.to
		trap := m.writeAPIC(c, msrX2APICICR)
		require.Equal(t, x.faults, trap != nil)
		for i, want := range x.reached {
			require.Equal(t, want, m.CPUs[i].Interrupts(), "%+v cpu %d", x, i)
		}
	}
}
