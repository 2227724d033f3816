"""Benchmarks that come as files with checksums."""

from .source import Source, files_with_checksums

FILES = {
    "amazon_reviews": Source(
        files=files_with_checksums(
            "amazon_reviews",
            """
fe4605c7dcf0e0a9410fd2a32f247caaf9abb352cc6e4c3e0f400853163ad9c4  books_test.svmlight
317f9a2ec34b81de770b63a84d8c5cc2dc16bd0be6e079d2ff5b5bad5213ea19  books_train.svmlight
4fe1b1a15010f78d8d0c49fe362d35fd4677463a45f1ac02a9f410ae1e638060  dvd_test.svmlight
95f602aa08bf6b55758f7b0b18df3882fe30acb11987ee60b6b4bb3c44cba733  dvd_train.svmlight
641783bc941839c3a111d3488a1b7e3bd820a61ec14a129e7429b47703aa961d  electronics_test.svmlight
7d0061f03ff3827e4f8036b051b5e5828fddc0cd115aa5b212cd28d624dc14e4  electronics_train.svmlight
e1502b97a824eb12314be4447394fa736fecb781c0724e6529cd6733ac7ff6d8  kitchen_test.svmlight
a70b5ebfe1413e0e16280360905f5c3b64389c435cd20c0165dc9d7f293b31b5  kitchen_train.svmlight
""",
        ),
        url="https://raw.githubusercontent.com/"
        "GRAAL-Research/domain_adversarial_neural_network/master/data/",
        licence="BSD-style",
        reference="Chen et al., ICML 2012; the files of Ganin et al., JMLR 2016",
        mebibytes=12.5,
    ),
    "office_caltech": Source(
        files=files_with_checksums(
            "office_caltech10_surf",
            """
4f9334c8ced489d5054de97a5fd51a61f017f3bcd1f38c9a85c6d78cb9d7bda5  Caltech10_SURF_L10.mat
df32548b994e18d364c99e1f317e1fae100597259f0423a41b90f4f68187bb1f  amazon_SURF_L10.mat
44d673c68e1d07b837893aa74dba3b986e4a6cc3fd66f0dd357683bdef059216  dslr_SURF_L10.mat
a6a9c78b4b7181dfbb58bcfd351d4ebd737f171c31247b8884948aa156d3f700  webcam_SURF_L10.mat
""",
        ),
        url="https://raw.githubusercontent.com/jindongwang/transferlearning/"
        "73cb050b7e8b969b9d0ebb04a9377aa033043eb2/code/BDA/data/",
        licence="for research",
        reference="Gong et al., CVPR 2012; the SURF features released with GFK",
        mebibytes=0.3,
    ),
    "mnist": Source(
        files=files_with_checksums(
            "digits",
            """
440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609  train-images-idx3-ubyte.gz
3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c  train-labels-idx1-ubyte.gz
8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6  t10k-images-idx3-ubyte.gz
f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6  t10k-labels-idx1-ubyte.gz
""",
        ),
        url="https://ossci-datasets.s3.amazonaws.com/mnist/",
        licence="CC BY-SA 3.0",
        reference="LeCun, Bottou, Bengio and Haffner, Proceedings of the IEEE 1998",
        mebibytes=11,
        forms={  # the same contents, packed anew
            path: {path: sha}
            for path, sha in files_with_checksums(
                "digits",
                """
71524e2cd1ad2968737f7f2f2ff69cbfc32df8ccddff51593f7cb2d4e0eb5b64  train-images-idx3-ubyte.gz
ec02e7948609e5754d47881c09b8afdd8dfa60600b9e5388c8c54a67069ec772  train-labels-idx1-ubyte.gz
5634745efa576a17e7d4cf5cd9d09123c75e6538e5114267c2d156edaf519341  t10k-images-idx3-ubyte.gz
fc607395669ec21321ea83e4b82c0544b7e8e63ff5b34337c06bc0a17cc0da3c  t10k-labels-idx1-ubyte.gz
""",
            ).items()
        },
    ),
    "usps": Source(
        files={
            "digits/usps.bz2": "md5:ec16c51db3855ca6c91edd34d0e9b197",
            "digits/usps.t.bz2": "md5:8ea070ee2aca1ac39742fdd1ef5ed118",
        },
        url="https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass/",
        licence="research use",
        reference="Hull, IEEE TPAMI 1994; the split of Hastie et al., 2001",
        mebibytes=8,
        forms={
            path: {
                "digits/usps.h5": "734f88c541104a956d88be2c95d03b4a463ffd74ccc2ba9c80841fb98e3fcb36"
            }
            for path in ("digits/usps.bz2", "digits/usps.t.bz2")
        },
    ),
    "svhn": Source(
        files=files_with_checksums(
            "digits",
            """
435e94d69a87fde4fd4d7f3dd208dfc32cb6ae8af2240d066de1df7508d083b8  train_32x32.mat
cdce80dfb2a2c4c6160906d0bd7c68ec5a99d7ca4831afa54f09182025b6a75b  test_32x32.mat
""",
        ),
        url="http://ufldl.stanford.edu/housenumbers/",
        licence="non-commercial use",
        reference="Netzer et al., NIPS workshop on deep learning 2011",
        mebibytes=235,
    ),
    "bsds500": Source(
        files={"bsds500/BSR_bsds500.tgz": ""},  # the photos inside are verified by mnist_m
        url="http://www.eecs.berkeley.edu/Research/Projects/CS/vision/grouping/BSR/",
        licence="research use",
        reference="Arbelaez, Maire, Fowlkes and Malik, IEEE TPAMI 2011",
        mebibytes=68,
        forms={
            "bsds500/BSR_bsds500.tgz": {
                "bsds500/bsds500_train_first100.zip":
                "3142472ad901087e3e6f1127dc8a815f9295bd47aab9a40af5ba7d34144cf175",
            }
        },
    ),
    "ucihar": Source(
        files={
            "ucihar/human+activity+recognition+using+smartphones.zip":
            "c00b803081a5c797cd5e4b83700a9810b38d53d9d84e01917e090e1fdbc81031",
        },
        url="https://archive.ics.uci.edu/static/public/240/",
        licence="CC BY 4.0",
        reference="Anguita, Ghio, Oneto, Parra and Reyes-Ortiz, ESANN 2013",
        mebibytes=58,
        forms={
            "ucihar/human+activity+recognition+using+smartphones.zip": {
                "ucihar/UCI HAR Dataset.zip":
                "2045e435c955214b38145fb5fa00776c72814f01b203fec405152dac7d5bfeb0",
                "ucihar/ucihar_17subjects_f32.tar.xz":
                "d41b6e9f41e6612abcc18de1e8314fa6a0fec757cd1999c14ea34001a1c4dae0",
            }
        },
    ),
    "office31_features": Source(
        files={
            "office31/office31_mobilenetv2_1280_f16.npz":
            "04662c4526dee0fb4063649f90f189020c97fcd68de36a27cab985c9dd835c7b",
        },
        url="",
        licence="research use",
        reference="pooled MobileNetV2 features of Saenko et al., ECCV 2010",
        mebibytes=8,
        by_hand="These features are not published. An archive of your own with the same entries "
        "(F, domain, y) is read by data.init_args.path; or train on photos: office31_mobilenet",
    ),
    "mobilenet_v2": Source(
        files={
            "weights/mobilenet_v2_coral_ptq_bnrecal-adddfdb9.pth.xz":
            "5948126698bac9a86950e12f54d16702ad893b1f12e36786d8b2d31d02e6928b",
        },
        url="",
        licence="Apache-2.0",
        reference="Sandler et al., CVPR 2018; weights derived from a quantised release",
        mebibytes=6,
        by_hand="This state dict is not published. Give your own by model.init_args.encoder."
        "init_args.weights, or take torchvision's by its name: IMAGENET1K_V1",
    ),
}  # fmt: skip
