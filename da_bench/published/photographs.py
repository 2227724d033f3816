"""Benchmarks of photographs, by how their folders are laid out."""

from .source import Domain, Layout, Source

OFFICE31 = """back_pack bike bike_helmet bookcase bottle calculator desk_chair desk_lamp
desktop_computer file_cabinet headphones keyboard laptop_computer letter_tray mobile_phone monitor
mouse mug paper_notebook pen phone printer projector punchers ring_binder ruler scissors speaker
stapler tape_dispenser trash_can"""
OFFICE_HOME = """Alarm_Clock Backpack Batteries Bed Bike Bottle Bucket Calculator Calendar Candles
Chair Clipboards Computer Couch Curtains Desk_Lamp Drill Eraser Exit_Sign Fan File_Cabinet
Flipflops Flowers Folder Fork Glasses Hammer Helmet Kettle Keyboard Knives Lamp_Shade Laptop Marker
Monitor Mop Mouse Mug Notebook Oven Pan Paper_Clip Pen Pencil Postit_Notes Printer Push_Pin Radio
Refrigerator Ruler Scissors Screwdriver Shelf Sink Sneakers Soda Speaker Spoon TV Table Telephone
ToothBrush Toys Trash_Can Webcam"""
VISDA = "aeroplane bicycle bus car horse knife motorcycle person plant skateboard train truck"
PACS = "dog elephant giraffe guitar horse house person"

IMAGES = {
    "office31": Source(
        files={},
        url="https://faculty.cc.gatech.edu/~judy/domainadapt/",
        licence="research use",
        reference="Saenko, Kulis, Fritz and Darrell, ECCV 2010",
        mebibytes=76,
        layout=Layout(
            {
                "amazon": Domain(2817, ("amazon/images", "amazon"), {
                    "office31/amazon_256q90.zip":
                    "f508621407a7d6a852de133b5d24ca3b9d6b80a05f3f8630538c5e7f61ff16e0"}),
                "dslr": Domain(498, ("dslr/images", "dslr"), {
                    "office31/dslr_256q90.zip":
                    "6d512b9e2be73ed1810f0734cc435c107e739a393b1e3fec32d025d960dcd3c0"}),
                "webcam": Domain(795, ("webcam/images", "webcam"), {
                    "office31/webcam_256q90.zip":
                    "18b1e83b0ec049eb57f7c89555a52b6aae43488f212b145fa08a881cfa2c1a4d"}),
            },
            tuple(OFFICE31.split()),
        ),
        by_hand="Get domain_adaptation_images.tar.gz (Google Drive, linked from the page as the "
        "images of the Office dataset) and unpack it there: amazon/images/CLASS/*.jpg, "
        "dslr/..., webcam/...",
    ),
    "office_home": Source(
        files={},
        url="https://www.hemanthdv.org/officeHomeDataset.html",
        licence="research use (terms on the page)",
        reference="Venkateswara, Eusebio, Chakraborty and Panchanathan, CVPR 2017",
        mebibytes=1100,
        layout=Layout(
            {
                "Art": Domain(2427, ("Art",)),
                "Clipart": Domain(4365, ("Clipart",)),
                "Product": Domain(4439, ("Product",)),
                "Real_World": Domain(4357, ("Real World", "Real_World", "RealWorld")),
            },
            tuple(OFFICE_HOME.split()),
        ),
        by_hand="Accept the terms on the page, get OfficeHomeDataset_10072016.zip (Google Drive) "
        "and unpack it there: Art/CLASS/*.jpg, Clipart/..., Product/..., 'Real World'/...",
    ),
    "visda2017": Source(
        files={},
        url="http://csr.bu.edu/ftp/visda17/clf/",
        licence="research use",
        reference="Peng, Usman, Kaushik, Hoffman, Wang and Saenko, arXiv:1710.06924, 2017",
        mebibytes=9600,
        layout=Layout(
            {
                "train": Domain(152397, ("train",)),
                "validation": Domain(55388, ("validation",)),
            },
            tuple(VISDA.split()),
        ),
        by_hand="Get train.tar (synthetic, 7.2 GiB) and validation.tar (real) below that address "
        "and unpack both there: train/CLASS/*.png and validation/CLASS/*.jpg",
    ),
    "pacs": Source(
        files={},
        url="https://domaingeneralization.github.io/",
        licence="research use",
        reference="Li, Yang, Song and Hospedales, ICCV 2017",
        mebibytes=175,
        layout=Layout(
            {
                "photo": Domain(1670, ("photo",)),
                "art_painting": Domain(2048, ("art_painting",)),
                "cartoon": Domain(2344, ("cartoon",)),
                "sketch": Domain(3929, ("sketch",)),
            },
            tuple(PACS.split()),
        ),
        by_hand="Get PACS.zip (Google Drive, linked from the page) and unpack the domains of its "
        "folder kfold there: photo/CLASS/*, art_painting/..., cartoon/..., sketch/...",
    ),
    "domainnet": Source(
        files={},
        url="http://ai.bu.edu/M3SDA/",
        licence="research use (fair use notice on the page)",
        reference="Peng, Bai, Xia, Huang, Saenko and Wang, ICCV 2019 (cleaned version)",
        mebibytes=17000,
        layout=Layout(
            {
                "clipart": Domain(48129, ("clipart",)),
                "infograph": Domain(51605, ("infograph",)),
                "painting": Domain(72266, ("painting",)),
                "quickdraw": Domain(172500, ("quickdraw",)),
                "real": Domain(172947, ("real",)),
                "sketch": Domain(69128, ("sketch",)),
            },
            345,
            {
                "clipart_train.txt": 33525, "clipart_test.txt": 14604,
                "infograph_train.txt": 36023, "infograph_test.txt": 15582,
                "painting_train.txt": 50416, "painting_test.txt": 21850,
                "quickdraw_train.txt": 120750, "quickdraw_test.txt": 51750,
                "real_train.txt": 120906, "real_test.txt": 52041,
                "sketch_train.txt": 48212, "sketch_test.txt": 20916,
            },
        ),
        by_hand="Of each domain get the archive of the cleaned version and its two lists from the "
        "page (clipart.zip and painting.zip of 'groundtruth', infograph.zip, quickdraw.zip, "
        "real.zip, sketch.zip; DOMAIN_train.txt, DOMAIN_test.txt), unpack the archives there and "
        "put the lists beside them: clipart/CLASS/*.jpg, clipart_train.txt, ...",
    ),
}  # fmt: skip
