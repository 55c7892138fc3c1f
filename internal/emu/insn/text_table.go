package insn

// textTable has how instructions with VEX, and ADCX and ADOX, are written: map, mandatory prefix, opcode, what else
// chooses the row (VEX.W, VEX.L, a register or memory in ModRM.rm, a digit), mnemonic and operands in AT&T's order.
// Where a slash stands in the mnemonic, AT&T's is before it and Intel's behind.
//
// An operand is the field that holds it (R ModRM.reg, M ModRM.rm, V VEX.vvvv, S the upper half of the immediate, I the
// immediate) and its kind: x XMM, y YMM, v XMM or YMM by VEX.L, d and q a general register of 32 and 64 bits, - none.
// Of M the size of memory follows as a power of two of bytes, one digit or one for each VEX.L.
const textTable = `
0f np 10: vmovups Mv45,Rv
0f np 11: vmovups Rv,Mv45
0f np 12 mem: vmovlps M-3,Vx,Rx
0f np 12 reg: vmovhlps Mx,Vx,Rx
0f np 13: vmovlps Rx,M-3
0f np 14: vunpcklps Mv45,Vv,Rv
0f np 15: vunpckhps Mv45,Vv,Rv
0f np 16 mem: vmovhps M-3,Vx,Rx
0f np 16 reg: vmovlhps Mx,Vx,Rx
0f np 17: vmovhps Rx,M-3
0f np 28: vmovaps Mv45,Rv
0f np 29: vmovaps Rv,Mv45
0f np 2b: vmovntps Rv,M-45
0f np 2e: vucomiss Mx2,Rx
0f np 2f: vcomiss Mx2,Rx
0f np 50 w0: vmovmskps Mv,Rd
0f np 50 w1: vmovmskps Mv,Rq
0f np 51: vsqrtps Mv45,Rv
0f np 52: vrsqrtps Mv45,Rv
0f np 53: vrcpps Mv45,Rv
0f np 54: vandps Mv45,Vv,Rv
0f np 55: vandnps Mv45,Vv,Rv
0f np 56: vorps Mv45,Vv,Rv
0f np 57: vxorps Mv45,Vv,Rv
0f np 58: vaddps Mv45,Vv,Rv
0f np 59: vmulps Mv45,Vv,Rv
0f np 5a: vcvtps2pd Mx34,Rv
0f np 5b: vcvtdq2ps Mv45,Rv
0f np 5c: vsubps Mv45,Vv,Rv
0f np 5d: vminps Mv45,Vv,Rv
0f np 5e: vdivps Mv45,Vv,Rv
0f np 5f: vmaxps Mv45,Vv,Rv
0f np 77 l0: vzeroupper
0f np 77 l1: vzeroall
0f np ae /2: vldmxcsr M-2
0f np ae /3: vstmxcsr M-2
0f np c2: vcmpps I,Mv45,Vv,Rv
0f np c6: vshufps I,Mv45,Vv,Rv
0f 66 10: vmovupd Mv45,Rv
0f 66 11: vmovupd Rv,Mv45
0f 66 12: vmovlpd M-3,Vx,Rx
0f 66 13: vmovlpd Rx,M-3
0f 66 14: vunpcklpd Mv45,Vv,Rv
0f 66 15: vunpckhpd Mv45,Vv,Rv
0f 66 16: vmovhpd M-3,Vx,Rx
0f 66 17: vmovhpd Rx,M-3
0f 66 28: vmovapd Mv45,Rv
0f 66 29: vmovapd Rv,Mv45
0f 66 2b: vmovntpd Rv,M-45
0f 66 2e: vucomisd Mx3,Rx
0f 66 2f: vcomisd Mx3,Rx
0f 66 50 w0: vmovmskpd Mv,Rd
0f 66 50 w1: vmovmskpd Mv,Rq
0f 66 51: vsqrtpd Mv45,Rv
0f 66 54: vandpd Mv45,Vv,Rv
0f 66 55: vandnpd Mv45,Vv,Rv
0f 66 56: vorpd Mv45,Vv,Rv
0f 66 57: vxorpd Mv45,Vv,Rv
0f 66 58: vaddpd Mv45,Vv,Rv
0f 66 59: vmulpd Mv45,Vv,Rv
0f 66 5a reg: vcvtpd2ps Mv,Rx
0f 66 5a l0 mem: vcvtpd2psx/vcvtpd2ps M-4,Rx
0f 66 5a l1 mem: vcvtpd2psy/vcvtpd2ps M-5,Rx
0f 66 5b: vcvtps2dq Mv45,Rv
0f 66 5c: vsubpd Mv45,Vv,Rv
0f 66 5d: vminpd Mv45,Vv,Rv
0f 66 5e: vdivpd Mv45,Vv,Rv
0f 66 5f: vmaxpd Mv45,Vv,Rv
0f 66 60: vpunpcklbw Mv45,Vv,Rv
0f 66 61: vpunpcklwd Mv45,Vv,Rv
0f 66 62: vpunpckldq Mv45,Vv,Rv
0f 66 63: vpacksswb Mv45,Vv,Rv
0f 66 64: vpcmpgtb Mv45,Vv,Rv
0f 66 65: vpcmpgtw Mv45,Vv,Rv
0f 66 66: vpcmpgtd Mv45,Vv,Rv
0f 66 67: vpackuswb Mv45,Vv,Rv
0f 66 68: vpunpckhbw Mv45,Vv,Rv
0f 66 69: vpunpckhwd Mv45,Vv,Rv
0f 66 6a: vpunpckhdq Mv45,Vv,Rv
0f 66 6b: vpackssdw Mv45,Vv,Rv
0f 66 6c: vpunpcklqdq Mv45,Vv,Rv
0f 66 6d: vpunpckhqdq Mv45,Vv,Rv
0f 66 6e w0: vmovd Md2,Rx
0f 66 6e w1: vmovq Mq3,Rx
0f 66 6f: vmovdqa Mv45,Rv
0f 66 70: vpshufd I,Mv45,Rv
0f 66 71 /2: vpsrlw I,Mv,Vv
0f 66 71 /4: vpsraw I,Mv,Vv
0f 66 71 /6: vpsllw I,Mv,Vv
0f 66 72 /2: vpsrld I,Mv,Vv
0f 66 72 /4: vpsrad I,Mv,Vv
0f 66 72 /6: vpslld I,Mv,Vv
0f 66 73 /2: vpsrlq I,Mv,Vv
0f 66 73 /3: vpsrldq I,Mv,Vv
0f 66 73 /6: vpsllq I,Mv,Vv
0f 66 73 /7: vpslldq I,Mv,Vv
0f 66 74: vpcmpeqb Mv45,Vv,Rv
0f 66 75: vpcmpeqw Mv45,Vv,Rv
0f 66 76: vpcmpeqd Mv45,Vv,Rv
0f 66 7c: vhaddpd Mv45,Vv,Rv
0f 66 7d: vhsubpd Mv45,Vv,Rv
0f 66 7e w0: vmovd Rx,Md2
0f 66 7e w1: vmovq Rx,Mq3
0f 66 7f: vmovdqa Rv,Mv45
0f 66 c2: vcmppd I,Mv45,Vv,Rv
0f 66 c4: vpinsrw I,Md1,Vx,Rx
0f 66 c5: vpextrw I,Mx,Rd
0f 66 c6: vshufpd I,Mv45,Vv,Rv
0f 66 d0: vaddsubpd Mv45,Vv,Rv
0f 66 d1: vpsrlw Mx4,Vv,Rv
0f 66 d2: vpsrld Mx4,Vv,Rv
0f 66 d3: vpsrlq Mx4,Vv,Rv
0f 66 d4: vpaddq Mv45,Vv,Rv
0f 66 d5: vpmullw Mv45,Vv,Rv
0f 66 d6: vmovq Rx,Mx3
0f 66 d7 w0: vpmovmskb Mv,Rd
0f 66 d7 w1: vpmovmskb Mv,Rq
0f 66 d8: vpsubusb Mv45,Vv,Rv
0f 66 d9: vpsubusw Mv45,Vv,Rv
0f 66 da: vpminub Mv45,Vv,Rv
0f 66 db: vpand Mv45,Vv,Rv
0f 66 dc: vpaddusb Mv45,Vv,Rv
0f 66 dd: vpaddusw Mv45,Vv,Rv
0f 66 de: vpmaxub Mv45,Vv,Rv
0f 66 df: vpandn Mv45,Vv,Rv
0f 66 e0: vpavgb Mv45,Vv,Rv
0f 66 e1: vpsraw Mx4,Vv,Rv
0f 66 e2: vpsrad Mx4,Vv,Rv
0f 66 e3: vpavgw Mv45,Vv,Rv
0f 66 e4: vpmulhuw Mv45,Vv,Rv
0f 66 e5: vpmulhw Mv45,Vv,Rv
0f 66 e6 reg: vcvttpd2dq Mv,Rx
0f 66 e6 l0 mem: vcvttpd2dqx/vcvttpd2dq M-4,Rx
0f 66 e6 l1 mem: vcvttpd2dqy/vcvttpd2dq M-5,Rx
0f 66 e7: vmovntdq Rv,M-45
0f 66 e8: vpsubsb Mv45,Vv,Rv
0f 66 e9: vpsubsw Mv45,Vv,Rv
0f 66 ea: vpminsw Mv45,Vv,Rv
0f 66 eb: vpor Mv45,Vv,Rv
0f 66 ec: vpaddsb Mv45,Vv,Rv
0f 66 ed: vpaddsw Mv45,Vv,Rv
0f 66 ee: vpmaxsw Mv45,Vv,Rv
0f 66 ef: vpxor Mv45,Vv,Rv
0f 66 f1: vpsllw Mx4,Vv,Rv
0f 66 f2: vpslld Mx4,Vv,Rv
0f 66 f3: vpsllq Mx4,Vv,Rv
0f 66 f4: vpmuludq Mv45,Vv,Rv
0f 66 f5: vpmaddwd Mv45,Vv,Rv
0f 66 f6: vpsadbw Mv45,Vv,Rv
0f 66 f7: vmaskmovdqu Mx,Rx
0f 66 f8: vpsubb Mv45,Vv,Rv
0f 66 f9: vpsubw Mv45,Vv,Rv
0f 66 fa: vpsubd Mv45,Vv,Rv
0f 66 fb: vpsubq Mv45,Vv,Rv
0f 66 fc: vpaddb Mv45,Vv,Rv
0f 66 fd: vpaddw Mv45,Vv,Rv
0f 66 fe: vpaddd Mv45,Vv,Rv
0f f3 10 mem: vmovss M-2,Rx
0f f3 10 reg: vmovss Mx,Vx,Rx
0f f3 11 mem: vmovss Rx,M-2
0f f3 11 reg: vmovss Rx,Vx,Mv
0f f3 12: vmovsldup Mv45,Rv
0f f3 16: vmovshdup Mv45,Rv
0f f3 2a w0 mem: vcvtsi2ssl/vcvtsi2ss M-2,Vx,Rx
0f f3 2a w0 reg: vcvtsi2ss Md,Vx,Rx
0f f3 2a w1 mem: vcvtsi2ssq/vcvtsi2ss M-3,Vx,Rx
0f f3 2a w1 reg: vcvtsi2ss Mq,Vx,Rx
0f f3 2c w0: vcvttss2si Mx2,Rd
0f f3 2c w1: vcvttss2si Mx2,Rq
0f f3 2d w0: vcvtss2si Mx2,Rd
0f f3 2d w1: vcvtss2si Mx2,Rq
0f f3 51: vsqrtss Mx2,Vx,Rx
0f f3 52: vrsqrtss Mx2,Vx,Rx
0f f3 53: vrcpss Mx2,Vx,Rx
0f f3 58: vaddss Mx2,Vx,Rx
0f f3 59: vmulss Mx2,Vx,Rx
0f f3 5a: vcvtss2sd Mx2,Vx,Rx
0f f3 5b: vcvttps2dq Mv45,Rv
0f f3 5c: vsubss Mx2,Vx,Rx
0f f3 5d: vminss Mx2,Vx,Rx
0f f3 5e: vdivss Mx2,Vx,Rx
0f f3 5f: vmaxss Mx2,Vx,Rx
0f f3 6f: vmovdqu Mv45,Rv
0f f3 70: vpshufhw I,Mv45,Rv
0f f3 7e: vmovq Mx3,Rx
0f f3 7f: vmovdqu Rv,Mv45
0f f3 c2: vcmpss I,Mx2,Vx,Rx
0f f3 e6: vcvtdq2pd Mx34,Rv
0f f2 10 mem: vmovsd M-3,Rx
0f f2 10 reg: vmovsd Mx,Vx,Rx
0f f2 11 mem: vmovsd Rx,M-3
0f f2 11 reg: vmovsd Rx,Vx,Mv
0f f2 12: vmovddup Mv35,Rv
0f f2 2a w0 mem: vcvtsi2sdl/vcvtsi2sd M-2,Vx,Rx
0f f2 2a w0 reg: vcvtsi2sd Md,Vx,Rx
0f f2 2a w1 mem: vcvtsi2sdq/vcvtsi2sd M-3,Vx,Rx
0f f2 2a w1 reg: vcvtsi2sd Mq,Vx,Rx
0f f2 2c w0: vcvttsd2si Mx3,Rd
0f f2 2c w1: vcvttsd2si Mx3,Rq
0f f2 2d w0: vcvtsd2si Mx3,Rd
0f f2 2d w1: vcvtsd2si Mx3,Rq
0f f2 51: vsqrtsd Mx3,Vx,Rx
0f f2 58: vaddsd Mx3,Vx,Rx
0f f2 59: vmulsd Mx3,Vx,Rx
0f f2 5a: vcvtsd2ss Mx3,Vx,Rx
0f f2 5c: vsubsd Mx3,Vx,Rx
0f f2 5d: vminsd Mx3,Vx,Rx
0f f2 5e: vdivsd Mx3,Vx,Rx
0f f2 5f: vmaxsd Mx3,Vx,Rx
0f f2 70: vpshuflw I,Mv45,Rv
0f f2 7c: vhaddps Mv45,Vv,Rv
0f f2 7d: vhsubps Mv45,Vv,Rv
0f f2 c2: vcmpsd I,Mx3,Vx,Rx
0f f2 d0: vaddsubps Mv45,Vv,Rv
0f f2 e6 reg: vcvtpd2dq Mv,Rx
0f f2 e6 l0 mem: vcvtpd2dqx/vcvtpd2dq M-4,Rx
0f f2 e6 l1 mem: vcvtpd2dqy/vcvtpd2dq M-5,Rx
0f f2 f0: vlddqu M-9,Rv
38 np f2 w0: andn Md2,Vd,Rd
38 np f2 w1: andn Mq3,Vq,Rq
38 np f3 w0 /1: blsr Md2,Vd
38 np f3 w0 /2: blsmsk Md2,Vd
38 np f3 w0 /3: blsi Md2,Vd
38 np f3 w1 /1: blsr Mq3,Vq
38 np f3 w1 /2: blsmsk Mq3,Vq
38 np f3 w1 /3: blsi Mq3,Vq
38 np f5 w0: bzhi Vd,Md2,Rd
38 np f5 w1: bzhi Vq,Mq3,Rq
38 np f7 w0: bextr Vd,Md2,Rd
38 np f7 w1: bextr Vq,Mq3,Rq
38 66 00: vpshufb Mv45,Vv,Rv
38 66 01: vphaddw Mv45,Vv,Rv
38 66 02: vphaddd Mv45,Vv,Rv
38 66 03: vphaddsw Mv45,Vv,Rv
38 66 04: vpmaddubsw Mv45,Vv,Rv
38 66 05: vphsubw Mv45,Vv,Rv
38 66 06: vphsubd Mv45,Vv,Rv
38 66 07: vphsubsw Mv45,Vv,Rv
38 66 08: vpsignb Mv45,Vv,Rv
38 66 09: vpsignw Mv45,Vv,Rv
38 66 0a: vpsignd Mv45,Vv,Rv
38 66 0b: vpmulhrsw Mv45,Vv,Rv
38 66 0c: vpermilps Mv45,Vv,Rv
38 66 0d: vpermilpd Mv45,Vv,Rv
38 66 0e: vtestps Mv45,Rv
38 66 0f: vtestpd Mv45,Rv
38 66 13: vcvtph2ps Mx34,Rv
38 66 16: vpermps My5,Vy,Ry
38 66 17: vptest Mv45,Rv
38 66 18: vbroadcastss Mx2,Rv
38 66 19: vbroadcastsd Mx3,Ry
38 66 1a: vbroadcastf128 M-4,Ry
38 66 1c: vpabsb Mv45,Rv
38 66 1d: vpabsw Mv45,Rv
38 66 1e: vpabsd Mv45,Rv
38 66 20: vpmovsxbw Mx34,Rv
38 66 21: vpmovsxbd Mx23,Rv
38 66 22: vpmovsxbq Mx12,Rv
38 66 23: vpmovsxwd Mx34,Rv
38 66 24: vpmovsxwq Mx23,Rv
38 66 25: vpmovsxdq Mx34,Rv
38 66 28: vpmuldq Mv45,Vv,Rv
38 66 29: vpcmpeqq Mv45,Vv,Rv
38 66 2a: vmovntdqa M-45,Rv
38 66 2b: vpackusdw Mv45,Vv,Rv
38 66 2c: vmaskmovps M-45,Vv,Rv
38 66 2d: vmaskmovpd M-45,Vv,Rv
38 66 2e: vmaskmovps Rv,Vv,M-45
38 66 2f: vmaskmovpd Rv,Vv,M-45
38 66 30: vpmovzxbw Mx34,Rv
38 66 31: vpmovzxbd Mx23,Rv
38 66 32: vpmovzxbq Mx12,Rv
38 66 33: vpmovzxwd Mx34,Rv
38 66 34: vpmovzxwq Mx23,Rv
38 66 35: vpmovzxdq Mx34,Rv
38 66 36: vpermd My5,Vy,Ry
38 66 37: vpcmpgtq Mv45,Vv,Rv
38 66 38: vpminsb Mv45,Vv,Rv
38 66 39: vpminsd Mv45,Vv,Rv
38 66 3a: vpminuw Mv45,Vv,Rv
38 66 3b: vpminud Mv45,Vv,Rv
38 66 3c: vpmaxsb Mv45,Vv,Rv
38 66 3d: vpmaxsd Mv45,Vv,Rv
38 66 3e: vpmaxuw Mv45,Vv,Rv
38 66 3f: vpmaxud Mv45,Vv,Rv
38 66 40: vpmulld Mv45,Vv,Rv
38 66 41: vphminposuw Mx4,Rx
38 66 45 w0: vpsrlvd Mv45,Vv,Rv
38 66 45 w1: vpsrlvq Mv45,Vv,Rv
38 66 46: vpsravd Mv45,Vv,Rv
38 66 47 w0: vpsllvd Mv45,Vv,Rv
38 66 47 w1: vpsllvq Mv45,Vv,Rv
38 66 58: vpbroadcastd Mx2,Rv
38 66 59: vpbroadcastq Mx3,Rv
38 66 5a: vbroadcasti128 M-4,Ry
38 66 78: vpbroadcastb Mx0,Rv
38 66 79: vpbroadcastw Mx1,Rv
38 66 8c w0: vpmaskmovd M-45,Vv,Rv
38 66 8c w1: vpmaskmovq M-45,Vv,Rv
38 66 8e w0: vpmaskmovd Rv,Vv,M-45
38 66 8e w1: vpmaskmovq Rv,Vv,M-45
38 66 90 w0: vpgatherdd Vv,M-2,Rv
38 66 90 w1: vpgatherdq Vv,M-3,Rv
38 66 91 w0: vpgatherqd Vx,M-2,Rx
38 66 91 w1: vpgatherqq Vv,M-3,Rv
38 66 92 w0: vgatherdps Vv,M-2,Rv
38 66 92 w1: vgatherdpd Vv,M-3,Rv
38 66 93 w0: vgatherqps Vx,M-2,Rx
38 66 93 w1: vgatherqpd Vv,M-3,Rv
38 66 96 w0: vfmaddsub132ps Mv45,Vv,Rv
38 66 96 w1: vfmaddsub132pd Mv45,Vv,Rv
38 66 97 w0: vfmsubadd132ps Mv45,Vv,Rv
38 66 97 w1: vfmsubadd132pd Mv45,Vv,Rv
38 66 98 w0: vfmadd132ps Mv45,Vv,Rv
38 66 98 w1: vfmadd132pd Mv45,Vv,Rv
38 66 99 w0: vfmadd132ss Mx2,Vx,Rx
38 66 99 w1: vfmadd132sd Mx3,Vx,Rx
38 66 9a w0: vfmsub132ps Mv45,Vv,Rv
38 66 9a w1: vfmsub132pd Mv45,Vv,Rv
38 66 9b w0: vfmsub132ss Mx2,Vx,Rx
38 66 9b w1: vfmsub132sd Mx3,Vx,Rx
38 66 9c w0: vfnmadd132ps Mv45,Vv,Rv
38 66 9c w1: vfnmadd132pd Mv45,Vv,Rv
38 66 9d w0: vfnmadd132ss Mx2,Vx,Rx
38 66 9d w1: vfnmadd132sd Mx3,Vx,Rx
38 66 9e w0: vfnmsub132ps Mv45,Vv,Rv
38 66 9e w1: vfnmsub132pd Mv45,Vv,Rv
38 66 9f w0: vfnmsub132ss Mx2,Vx,Rx
38 66 9f w1: vfnmsub132sd Mx3,Vx,Rx
38 66 a6 w0: vfmaddsub213ps Mv45,Vv,Rv
38 66 a6 w1: vfmaddsub213pd Mv45,Vv,Rv
38 66 a7 w0: vfmsubadd213ps Mv45,Vv,Rv
38 66 a7 w1: vfmsubadd213pd Mv45,Vv,Rv
38 66 a8 w0: vfmadd213ps Mv45,Vv,Rv
38 66 a8 w1: vfmadd213pd Mv45,Vv,Rv
38 66 a9 w0: vfmadd213ss Mx2,Vx,Rx
38 66 a9 w1: vfmadd213sd Mx3,Vx,Rx
38 66 aa w0: vfmsub213ps Mv45,Vv,Rv
38 66 aa w1: vfmsub213pd Mv45,Vv,Rv
38 66 ab w0: vfmsub213ss Mx2,Vx,Rx
38 66 ab w1: vfmsub213sd Mx3,Vx,Rx
38 66 ac w0: vfnmadd213ps Mv45,Vv,Rv
38 66 ac w1: vfnmadd213pd Mv45,Vv,Rv
38 66 ad w0: vfnmadd213ss Mx2,Vx,Rx
38 66 ad w1: vfnmadd213sd Mx3,Vx,Rx
38 66 ae w0: vfnmsub213ps Mv45,Vv,Rv
38 66 ae w1: vfnmsub213pd Mv45,Vv,Rv
38 66 af w0: vfnmsub213ss Mx2,Vx,Rx
38 66 af w1: vfnmsub213sd Mx3,Vx,Rx
38 66 b6 w0: vfmaddsub231ps Mv45,Vv,Rv
38 66 b6 w1: vfmaddsub231pd Mv45,Vv,Rv
38 66 b7 w0: vfmsubadd231ps Mv45,Vv,Rv
38 66 b7 w1: vfmsubadd231pd Mv45,Vv,Rv
38 66 b8 w0: vfmadd231ps Mv45,Vv,Rv
38 66 b8 w1: vfmadd231pd Mv45,Vv,Rv
38 66 b9 w0: vfmadd231ss Mx2,Vx,Rx
38 66 b9 w1: vfmadd231sd Mx3,Vx,Rx
38 66 ba w0: vfmsub231ps Mv45,Vv,Rv
38 66 ba w1: vfmsub231pd Mv45,Vv,Rv
38 66 bb w0: vfmsub231ss Mx2,Vx,Rx
38 66 bb w1: vfmsub231sd Mx3,Vx,Rx
38 66 bc w0: vfnmadd231ps Mv45,Vv,Rv
38 66 bc w1: vfnmadd231pd Mv45,Vv,Rv
38 66 bd w0: vfnmadd231ss Mx2,Vx,Rx
38 66 bd w1: vfnmadd231sd Mx3,Vx,Rx
38 66 be w0: vfnmsub231ps Mv45,Vv,Rv
38 66 be w1: vfnmsub231pd Mv45,Vv,Rv
38 66 bf w0: vfnmsub231ss Mx2,Vx,Rx
38 66 bf w1: vfnmsub231sd Mx3,Vx,Rx
38 66 db: vaesimc Mx4,Rx
38 66 dc: vaesenc Mv45,Vv,Rv
38 66 dd: vaesenclast Mv45,Vv,Rv
38 66 de: vaesdec Mv45,Vv,Rv
38 66 df: vaesdeclast Mv45,Vv,Rv
38 66 f7 w0: shlx Vd,Md2,Rd
38 66 f7 w1: shlx Vq,Mq3,Rq
38 f3 f5 w0: pext Md2,Vd,Rd
38 f3 f5 w1: pext Mq3,Vq,Rq
38 f3 f7 w0: sarx Vd,Md2,Rd
38 f3 f7 w1: sarx Vq,Mq3,Rq
38 f2 f5 w0: pdep Md2,Vd,Rd
38 f2 f5 w1: pdep Mq3,Vq,Rq
38 f2 f6 w0: mulx Md2,Vd,Rd
38 f2 f6 w1: mulx Mq3,Vq,Rq
38 f2 f7 w0: shrx Vd,Md2,Rd
38 f2 f7 w1: shrx Vq,Mq3,Rq
3a 66 00: vpermq I,My5,Ry
3a 66 01: vpermpd I,My5,Ry
3a 66 02: vpblendd I,Mv45,Vv,Rv
3a 66 04: vpermilps I,Mv45,Rv
3a 66 05: vpermilpd I,Mv45,Rv
3a 66 06: vperm2f128 I,My5,Vy,Ry
3a 66 08: vroundps I,Mv45,Rv
3a 66 09: vroundpd I,Mv45,Rv
3a 66 0a: vroundss I,Mx2,Vx,Rx
3a 66 0b: vroundsd I,Mx3,Vx,Rx
3a 66 0c: vblendps I,Mv45,Vv,Rv
3a 66 0d: vblendpd I,Mv45,Vv,Rv
3a 66 0e: vpblendw I,Mv45,Vv,Rv
3a 66 0f: vpalignr I,Mv45,Vv,Rv
3a 66 14: vpextrb I,Rx,Md0
3a 66 15: vpextrw I,Rx,Md1
3a 66 16 w0: vpextrd I,Rx,Md2
3a 66 16 w1: vpextrq I,Rx,Mq3
3a 66 17: vextractps I,Rx,Md2
3a 66 18: vinsertf128 I,Mx4,Vy,Ry
3a 66 19: vextractf128 I,Ry,Mx4
3a 66 1d: vcvtps2ph I,Rv,Mx34
3a 66 20: vpinsrb I,Md0,Vx,Rx
3a 66 21: vinsertps I,Mx2,Vx,Rx
3a 66 22 w0: vpinsrd I,Md2,Vx,Rx
3a 66 22 w1: vpinsrq I,Mq3,Vx,Rx
3a 66 38: vinserti128 I,Mx4,Vy,Ry
3a 66 39: vextracti128 I,Ry,Mx4
3a 66 40: vdpps I,Mv45,Vv,Rv
3a 66 41: vdppd I,Mx4,Vx,Rx
3a 66 42: vmpsadbw I,Mv45,Vv,Rv
3a 66 44: vpclmulqdq I,Mv45,Vv,Rv
3a 66 46: vperm2i128 I,My5,Vy,Ry
3a 66 4a: vblendvps Sv,Mv45,Vv,Rv
3a 66 4b: vblendvpd Sv,Mv45,Vv,Rv
3a 66 4c: vpblendvb Sv,Mv45,Vv,Rv
3a 66 60 w0: vpcmpestrm I,Mx4,Rx
3a 66 60 w1: vpcmpestrmq I,Mx4,Rx
3a 66 61 w0: vpcmpestri I,Mx4,Rx
3a 66 61 w1: vpcmpestriq I,Mx4,Rx
3a 66 62: vpcmpistrm I,Mx4,Rx
3a 66 63: vpcmpistri I,Mx4,Rx
3a 66 df: vaeskeygenassist I,Mx4,Rx
3a f2 f0 w0: rorx I,Md2,Rd
3a f2 f0 w1: rorx I,Mq3,Rq
38 66 f6 w0: adcx Md2,Rd
38 66 f6 w1: adcx Mq3,Rq
38 f3 f6 w0: adox Md2,Rd
38 f3 f6 w1: adox Mq3,Rq
`
