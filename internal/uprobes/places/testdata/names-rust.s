# The functions of names.rs and a few of its standard library by the symbols that rustc 1.95 gives them, in both of its manglings.
# -C symbol-mangling-version=legacy
	.type "_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_",@function
"_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_":
	ret
	.size "_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_",1
	.type "_RNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal",@function
"_RNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal":
	ret
	.size "_RNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal",1
	.type "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17hcbe69001a6df8e06E",@function
"_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17hcbe69001a6df8e06E":
	ret
	.size "_ZN3std2rt10lang_start28_$u7b$$u7b$closure$u7d$$u7d$17hcbe69001a6df8e06E",1
	.type "_ZN4core3ptr35drop_in_place$LT$std..env..Args$GT$17h4f06655ac0081199E",@function
"_ZN4core3ptr35drop_in_place$LT$std..env..Args$GT$17h4f06655ac0081199E":
	ret
	.size "_ZN4core3ptr35drop_in_place$LT$std..env..Args$GT$17h4f06655ac0081199E",1
	.type "_ZN5names4main17hd52b26720289402dE",@function
"_ZN5names4main17hd52b26720289402dE":
	ret
	.size "_ZN5names4main17hd52b26720289402dE",1
	.type "_ZN5names4work17h5a2b22ed8791e0d0E",@function
"_ZN5names4work17h5a2b22ed8791e0d0E":
	ret
	.size "_ZN5names4work17h5a2b22ed8791e0d0E",1
	.type "_ZN5names6shapes5twice17h30a20251153e14b1E",@function
"_ZN5names6shapes5twice17h30a20251153e14b1E":
	ret
	.size "_ZN5names6shapes5twice17h30a20251153e14b1E",1
	.type "_ZN5names6shapes5twice17ha9c2231f7f1a74aeE",@function
"_ZN5names6shapes5twice17ha9c2231f7f1a74aeE":
	ret
	.size "_ZN5names6shapes5twice17ha9c2231f7f1a74aeE",1
	.type "_ZN5names6shapes6Square4made17hf06a56da2e9b0b6cE",@function
"_ZN5names6shapes6Square4made17hf06a56da2e9b0b6cE":
	ret
	.size "_ZN5names6shapes6Square4made17hf06a56da2e9b0b6cE",1
	.type "_ZN61_$LT$names..shapes..Square$u20$as$u20$names..shapes..Area$GT$4area17ha113adf3aa94867eE",@function
"_ZN61_$LT$names..shapes..Square$u20$as$u20$names..shapes..Area$GT$4area17ha113adf3aa94867eE":
	ret
	.size "_ZN61_$LT$names..shapes..Square$u20$as$u20$names..shapes..Area$GT$4area17ha113adf3aa94867eE",1
# -C symbol-mangling-version=v0
	.type "_RINvNtCs4T4zK9Otvt5_5names6shapes5twicedEB4_",@function
"_RINvNtCs4T4zK9Otvt5_5names6shapes5twicedEB4_":
	ret
	.size "_RINvNtCs4T4zK9Otvt5_5names6shapes5twicedEB4_",1
	.type "_RINvNtCs4T4zK9Otvt5_5names6shapes5twiceyEB4_",@function
"_RINvNtCs4T4zK9Otvt5_5names6shapes5twiceyEB4_":
	ret
	.size "_RINvNtCs4T4zK9Otvt5_5names6shapes5twiceyEB4_",1
	.type "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeNtNtCsjrHSEGnQ3l9_3std3env4ArgsECs4T4zK9Otvt5_5names",@function
"_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeNtNtCsjrHSEGnQ3l9_3std3env4ArgsECs4T4zK9Otvt5_5names":
	ret
	.size "_RINvNtCsgEmfK2I1SDS_4core3ptr13drop_in_placeNtNtCsjrHSEGnQ3l9_3std3env4ArgsECs4T4zK9Otvt5_5names",1
	.type "_RINvNtNtCsjrHSEGnQ3l9_3std3sys9backtrace28___rust_begin_short_backtraceFEuuECs4T4zK9Otvt5_5names",@function
"_RINvNtNtCsjrHSEGnQ3l9_3std3sys9backtrace28___rust_begin_short_backtraceFEuuECs4T4zK9Otvt5_5names":
	ret
	.size "_RINvNtNtCsjrHSEGnQ3l9_3std3sys9backtrace28___rust_begin_short_backtraceFEuuECs4T4zK9Otvt5_5names",1
	.type "_RNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0Cs4T4zK9Otvt5_5names",@function
"_RNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0Cs4T4zK9Otvt5_5names":
	ret
	.size "_RNCINvNtCsjrHSEGnQ3l9_3std2rt10lang_startuE0Cs4T4zK9Otvt5_5names",1
	.type "_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_",@function
"_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_":
	ret
	.size "_RNCNCNCNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal00s_0B9_",1
	.type "_RNvCs4T4zK9Otvt5_5names4main",@function
"_RNvCs4T4zK9Otvt5_5names4main":
	ret
	.size "_RNvCs4T4zK9Otvt5_5names4main",1
	.type "_RNvCs4T4zK9Otvt5_5names4work",@function
"_RNvCs4T4zK9Otvt5_5names4work":
	ret
	.size "_RNvCs4T4zK9Otvt5_5names4work",1
	.type "_RNvMs_NtCs4T4zK9Otvt5_5names6shapesNtB4_6Square4made",@function
"_RNvMs_NtCs4T4zK9Otvt5_5names6shapesNtB4_6Square4made":
	ret
	.size "_RNvMs_NtCs4T4zK9Otvt5_5names6shapesNtB4_6Square4made",1
	.type "_RNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal",@function
"_RNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal":
	ret
	.size "_RNvNtCsjrHSEGnQ3l9_3std2rt19lang_start_internal",1
	.type "_RNvXNtCs4T4zK9Otvt5_5names6shapesNtB2_6SquareNtB2_4Area4area",@function
"_RNvXNtCs4T4zK9Otvt5_5names6shapesNtB2_6SquareNtB2_4Area4area":
	ret
	.size "_RNvXNtCs4T4zK9Otvt5_5names6shapesNtB2_6SquareNtB2_4Area4area",1
