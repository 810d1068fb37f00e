"""The list of data sets and models: what it is, who may use it, where it lives, and whether that home is still alive.

It is plain data. `status` begins with one of five words:
    generated   the course makes it itself
    alive       its public home gives it, as far as is known (with the year)
    mirrored    its first home is gone, a copy elsewhere is named
    by request  a form or a letter
    gone        no public home is known; a folder that you already have is accepted
The statements are those of the sets' own pages and of their users' reports; a date says how old the knowledge is.
"""

from dataclasses import dataclass

from visret_lab.datasets.errors import DataError

TIERS = ("mini", "campus", "full")


@dataclass(frozen=True)
class File:
    """One file to fetch. `path` is its place in the cache and on a mirror; `sha256` is None where we know none."""

    path: str
    urls: tuple[str, ...] = ()
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True)
class Entry:
    """One data set or model. `kind` is images, pairs, captions, paintings, features, ground truth, weights or video."""

    name: str
    kind: str
    tier: str
    licence: str
    status: str
    source: str
    files: tuple[File, ...] = ()
    note: str = ""

    @property
    def variable(self):
        """The environment variable that points at a folder which the user already has."""
        return "VISRET_ROOT_" + self.name.upper().replace("-", "_")


RESEARCH = "research use only; pictures belong to their photographers"
GITHUB = "https://raw.githubusercontent.com/"
ALIKE = GITHUB + "Shiaoming/ALIKE/4e61fc77e75fb1cb3e7447d0a21f854cc61a0d32/models/"
BOOF_1 = GITHUB + "lessthanoptimal/BoofCV-Data/4ca699ec6ec4be3f08116b3e971ddc2777c04644/example/mvs/"
BOOF_2 = GITHUB + "lessthanoptimal/BoofCV-Data/15c79700a26646ed33806fe9e834e0224acb75c8/example/mvs/"
REVISIT = "http://cmp.felk.cvut.cz/revisitop/data/datasets/"
OXFORD = "https://www.robots.ox.ac.uk/~vgg/data/"
HOLIDAYS = "ftp://ftp.inrialpes.fr/pub/lear/douze/data/"
BLURRED = (
    "The originals were withdrawn in 2022. The home serves a version with blurred faces (-v1), whose scores differ a "
    "little from published ones; users reported it dead in 2023. Copies by users are on Kaggle (skylord/oxbuildings, "
    "qiubit/roxfordparis). A folder that you have is taken as it is and checked picture by picture."
)

ENTRIES = (
    # ---- mini: made by the course
    Entry("town", "images", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated",
          "visret_lab.worlds.town", note="55 queries on 11 landmarks; protocols classic, easy, medium, hard."),
    Entry("town-elsewhere", "images", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated",
          "visret_lab.worlds.town", note="Another town, for learning visual words and principal axes; never for testing."),
    Entry("town-train", "images", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated",
          "visret_lab.worlds.town.train", note="12 landmarks as an image search returns them, wrong labels and copies among them, "
                                               "for training; the truth is kept aside."),
    Entry("town-train-large", "images", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated",
          "visret_lab.worlds.town.train", note="The same with 48 landmarks; painted in about two minutes, only when asked for."),
    Entry("town-views", "images", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated",
          "visret_lab.worlds.town.more_views", note="220 more pictures of the town's 11 landmarks, none of which is in the town: "
                                                    "for training on what is asked for."),
    Entry("photo-copies", "pairs", "mini", "as the photographs in scikit-image and scikit-learn: CC0, CC BY, PD",
          "generated", "visret_lab.worlds.photo_copies", note="Photographs under strong, known edits."),
    Entry("copies", "images", "mini", "as the photographs in scikit-image and scikit-learn: CC0, CC BY, PD",
          "generated", "visret_lab.worlds.photo_copies", note="The photo-copies as a set to search: protocol copies."),
    Entry("named", "images", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated",
          "visret_lab.worlds.categories", note="144 buildings in 48 categories; protocols building and category."),
    Entry("film", "video", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated", "visret_lab.worlds.film",
          note="Seven films with known cuts and known garments, and photographs of a screen; read them with load_film(\"feature\")."),
    Entry("yard", "captions", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated", "visret_lab.worlds.yard",
          note="2,750 scenes with five sentences each, whose phrases have boxes; read it with load_captions(\"yard\")."),
    Entry("museum", "paintings", "mini", "CC0, with textures from scikit-image and scikit-learn", "generated", "visret_lab.worlds.museum",
          note="2,200 paintings with title, comment, type, school, author and timeframe; read it with load_museum()."),
    # ---- campus: real photographs, tens of MB
    Entry("places", "images", "campus", "per picture, see its groups.json", "your own folder",
          "any folder of pictures with a groups.json",
          note="Set VISRET_ROOT_PLACES to the folder; your own photographs will do. groups.json maps each picture to "
               'its group: {"church_1.jpg": {"group": "church"}, "street.jpg": {"group": null}}.'),
    Entry("elsewhere", "images", "campus", "as the folder's owner says", "your own folder",
          "any folder of pictures",
          note="For learning visual words and principal axes; none of the objects of `places` may be in it. Without one, "
               "grocery-store is taken."),
    Entry("grocery-store", "images", "campus", "MIT", "alive 2026",
          "Klasson et al., A Hierarchical Grocery Store Image Dataset, WACV 2019; "
          "github.com/marcusklasson/GroceryStoreDataset at fc80ba90",
          (File("archives/grocery-store.zip",
                ("https://github.com/marcusklasson/GroceryStoreDataset/archive/fc80ba90.zip",)),),
          note="5,125 photographs of 81 products. The archive is packed at each request, so it has no fixed checksum: "
               "after unpacking every picture of the lists is looked for."),
    Entry("graf", "pairs", "campus", "research use", "alive, last report undated",
          "Mikolajczyk et al., A Comparison of Affine Region Detectors, IJCV 2005",
          (File("archives/graf.tar.gz",
                ("https://www.robots.ox.ac.uk/~vgg/research/affine/det_eval_files/graf.tar.gz",)),),
          note="Viewpoint change on a flat wall. The other seven sequences lie beside it and load the same way."),
    Entry("hpatches", "pairs", "full", "research use", "mirrored, last report undated",
          "Balntas et al., HPatches, CVPR 2017; its first home icvl.ee.ic.ac.uk does not answer reliably",
          (File("archives/hpatches.zip",
                ("https://huggingface.co/datasets/vbalnt/hpatches/resolve/main/hpatches-sequences-release.zip",
                 "http://icvl.ee.ic.ac.uk/vbalnt/hpatches/hpatches-sequences-release.tar.gz")),),
          note="116 sequences, 1.3 GB. A few sequences are enough: set VISRET_ROOT_HPATCHES to a folder with some."),
    Entry("squeezenet", "weights", "campus", "BSD 2-Clause", "alive 2026",
          "Han et al., Deep Compression, ICLR 2016; github.com/songhan/SqueezeNet-Deep-Compression",
          (File("weights/squeezenet1_0-deepcompression/compressed_SqueezeNet.net",
                (GITHUB + "songhan/SqueezeNet-Deep-Compression/5623e3cdbe1fcd83328c61ce2ee42c34ed319aa3/"
                 "compressed_SqueezeNet.net",),
                "e4ab6960ae8cd81505e1c2136921201507e930966c53deaf15862a395b3a3261", 675763),),
          note="A real ImageNet network in 0.7 MB."),
    Entry("mobilenet", "weights", "campus", "Apache 2.0", "alive 2026",
          "Sandler et al., MobileNetV2, CVPR 2018; github.com/google-coral/test_data at 104342d2",
          (File("weights/mobilenet_v2_1.0_224-quant/mobilenet_v2_1.0_224_quant.tflite",
                (GITHUB + "google-coral/test_data/104342d2d3480b3e66203073dac24f4e2dbb4c41/"
                 "mobilenet_v2_1.0_224_quant.tflite",),
                "7aad0c74c5e3c06e5eb3c827e13304fdd68a83da6087d92ee169c24ff9fd4776", 3610798),),
          note="Real ImageNet weights with 8 bits."),
    Entry("alike", "weights", "campus", "BSD 3-Clause", "alive 2026",
          "Zhao et al., ALIKE, IEEE TMM 2022; github.com/Shiaoming/ALIKE at 4e61fc77",
          (File("alike/alike-t.pth", (ALIKE + "alike-t.pth",),
                "c0840329a6b88518d914b03af2be956f5607055a389ba17441db02bb94f7d12e", 350644),
           File("alike/alike-s.pth", (ALIKE + "alike-s.pth",),
                "a9c0789ff0a09f576cc24afe4924d3233471499d1ce3b0248d650c8794e99a94", 724468),
           File("alike/alike-n.pth", (ALIKE + "alike-n.pth",),
                "8bd4789272eec779be280f8fc1007608ff604241440a0a3377c1559199412ee3", 1338420),
           File("alike/alike-l.pth", (ALIKE + "alike-l.pth",),
                "bed5fbbf352ab1c3e92e2241881f8b84edce949984fa23bc7f2517eab93938a0", 2639857)),
          note="Learned keypoints and descriptors."),
    Entry("tfeat", "weights", "campus", "MIT", "alive 2026",
          "Balntas et al., Learning Local Feature Descriptors with Triplets, BMVC 2016; github.com/vbalnt/tfeat",
          (File("tfeat/tfeat-liberty.params",
                (GITHUB + "vbalnt/tfeat/d5b62a693c876979c629dbab0e5768acb0cca38d/pretrained-models/"
                 "tfeat-liberty.params",),
                "1f2e9516b03c45876161da006ce8047e0a66ef08cc91d3fbf96a75f1a80f445a", 2400533),),
          note="A learned descriptor of patches."),
    Entry("video-ccby", "video", "campus", "CC BY-SA 4.0", "alive 2026",
          "github.com/lessthanoptimal/BoofCV-Data",
          (File("video-ccby/ditch_02.mp4", (BOOF_1 + "ditch_02.mp4",),
                "95f281a8900cccfb190efa9dc34e144af2bbf30e2f8e1f1d95ddc435e1d4c984", 976199),
           File("video-ccby/drone_park_01.mp4", (BOOF_2 + "drone_park_01.mp4",),
                "a8ae44c9e1fdc7d12b58edbc3435b3fc7664973c360c7ec61e4fd505e97283fe", 959940),
           File("video-ccby/holiday_display_01.mp4", (BOOF_1 + "holiday_display_01.mp4",),
                "315386630fccd95653448b275016a4a0acdb390584f79bea9d74f78a5ead3afe", 448796),
           File("video-ccby/log_building_02.mp4", (BOOF_1 + "log_building_02.mp4",),
                "44847b6f8ed0d5fc9fd08c6889acd1265fc30a78aa83e3f7e9b3ea44dbdef5e5", 1909420),
           File("video-ccby/stone_sign.mp4", (BOOF_2 + "stone_sign.mp4",),
                "20073ae19396d89e8dc3f3b09c00e382364c8204a377af761bda2b54fa3f7d69", 2117375),
           File("video-ccby/tree_snow_01.mp4", (BOOF_1 + "tree_snow_01.mp4",),
                "37021aa59bf4bec3fc675947532d301a7017ec97b4bd0db02b91ccb3a2627718", 802265)),
          note="Six clips of one shot each; load_film(\"feature\", tier=\"campus\") joins them, or the clips of VISRET_ROOT_FILM."),
    Entry("flickr8k", "captions", "campus", RESEARCH, "by request, last report undated",
          "Hodosh et al., Framing Image Description as a Ranking Task, JAIR 2013",
          note="8,091 photographs with five captions. Set VISRET_ROOT_FLICKR8K to a folder with Flickr8k.token.txt and the three lists, or "
               "with flickr8k_clean.json; read it with load_captions(\"flickr8k\")."),
    Entry("coco-captions", "captions", "campus", "captions CC BY 4.0", "alive 2026",
          "Chen et al., Microsoft COCO Captions, 2015; cocodataset.org",
          note="captions_train2017.json, captions_val2017.json or their like; read them with load_captions(\"coco-captions\")."),
    Entry("wikipedia-crossmodal", "features", "campus", "research use", "alive, last report undated",
          "Rasiwasia et al., A New Approach to Cross-Modal Multimedia Retrieval, ACM Multimedia 2010; "
          "www.svcl.ucsd.edu/projects/crossmodal",
          note="2,866 articles in 10 categories, as features. Set VISRET_ROOT_WIKIPEDIA_CROSSMODAL to the folder with raw_features.mat."),
    # ---- full: the sets of the papers
    Entry("oxford5k", "images", "full", RESEARCH, "alive 2022, face-blurred; reported dead 2023",
          "Philbin et al., Object Retrieval with Large Vocabularies, CVPR 2007",
          (File("archives/oxbuild_images-v1.tgz", (OXFORD + "oxbuildings/oxbuild_images-v1.tgz",)),
           File("archives/gt_files_170407.tgz", (OXFORD + "oxbuildings/gt_files_170407.tgz",))), note=BLURRED),
    Entry("paris6k", "images", "full", RESEARCH, "alive 2022, face-blurred; reported dead 2023",
          "Philbin et al., Lost in Quantization, CVPR 2008",
          (File("archives/paris_1-v1.tgz", (OXFORD + "parisbuildings/paris_1-v1.tgz",)),
           File("archives/paris_2-v1.tgz", (OXFORD + "parisbuildings/paris_2-v1.tgz",)),
           File("archives/paris_120310.tgz", (OXFORD + "parisbuildings/paris_120310.tgz",))),
          note="20 of its 6,412 files are corrupt and left out by name. " + BLURRED),
    Entry("roxford5k-gnd", "ground truth", "full", "research use", "alive, last report undated",
          "Radenovic et al., Revisiting Oxford and Paris, CVPR 2018",
          (File("gnd/gnd_roxford5k.pkl", (REVISIT + "roxford5k/gnd_roxford5k.pkl",),
                "ba7967754bd2d7d2210a5799f9c45ad5835e269a80ef9d3eba44caa35816c471", 149871),),
          note="4,993 images, 70 queries. Read by a restricted reader of pickles."),
    Entry("rparis6k-gnd", "ground truth", "full", "research use", "alive, last report undated",
          "Radenovic et al., Revisiting Oxford and Paris, CVPR 2018",
          (File("gnd/gnd_rparis6k.pkl", (REVISIT + "rparis6k/gnd_rparis6k.pkl",),
                "d2e729a5293dda7dda8a15c8383424a42e4964a2c4cfea2f32fa85d11d2df499", 276508),),
          note="6,322 images, 70 queries. Read by a restricted reader of pickles."),
    Entry("roxford5k", "images", "full", RESEARCH, "gone 2022 as originals; ground truth alive",
          "Radenovic et al., Revisiting Oxford and Paris, CVPR 2018",
          note="The pictures are those of oxford5k. Point VISRET_ROOT_ROXFORD5K at them; the ground truth is "
               "fetched as roxford5k-gnd or taken from that folder. " + BLURRED),
    Entry("rparis6k", "images", "full", RESEARCH, "gone 2022 as originals; ground truth alive",
          "Radenovic et al., Revisiting Oxford and Paris, CVPR 2018",
          note="The pictures are those of paris6k. Point VISRET_ROOT_RPARIS6K at them; the ground truth is fetched "
               "as rparis6k-gnd or taken from that folder. " + BLURRED),
    Entry("holidays", "images", "full", "(c) H. Jegou, INRIA; research use only",
          "alive, unstable, last report undated",
          "Jegou et al., Hamming Embedding and Weak Geometric Consistency, ECCV 2008",
          (File("archives/jpg1.tar.gz", (HOLIDAYS + "jpg1.tar.gz",)),
           File("archives/jpg2.tar.gz", (HOLIDAYS + "jpg2.tar.gz",))),
          note="1,491 pictures, 500 queries, 2.7 GB."),
    Entry("instre", "images", "full", "research use", "alive, unstable, last report undated",
          "Wang and Jiang, INSTRE, ACM TOMM 2015; ftp.irisa.fr/local/texmex/corpus/instre",
          note="27,293 pictures, 1,250 queries. Its loader comes with a later chapter."),
    Entry("landmarks", "images", "full", RESEARCH, "gone, its addresses have rotted",
          "Babenko et al., Neural Codes for Image Retrieval, ECCV 2014",
          note="A list of 213,678 addresses, most of which are dead; re-crawls found a sixth of it. "
               "Use retrieval-SfM or the cleaned Google Landmarks v2 instead."),
    Entry("gldv2", "images", "full", "per picture, Creative Commons", "alive, last report undated",
          "Weyand et al., Google Landmarks v2, CVPR 2020; github.com/cvdfoundation/google-landmark",
          note="4.1 million pictures, 500 GB: take one or two of its 500 archives."),
    Entry("flickr30k", "captions", "full", RESEARCH, "by request 2025, form at times unreachable",
          "Young et al., From Image Descriptions to Visual Denotations, TACL 2014",
          note="31,783 pictures with five captions; read it with load_captions(\"flickr30k\")."),
    Entry("semart", "paintings", "full", "research use", "alive 2022",
          "Garcia and Vogiatzis, How to Read Paintings, ECCVW 2018; DOI 10.17036/researchdata.aston.ac.uk.00000380",
          note="21,384 paintings with comments; read it with visret_lab.datasets.semart.load_semart(folder)."),
    Entry("stanford-i2v", "video", "full", "none stated", "alive 2026",
          "Araujo et al., Stanford I2V, ACM MMSys 2015; purl.stanford.edu/zx935qw7203",
          note="3,401 clips, 164 hours, 229 queries. Its loader comes with a later chapter."),
)


def entry(name):
    """The Entry called `name` (an underscore counts as a hyphen). DataError that lists the names when there is none."""
    wanted = name.replace("_", "-").lower() if isinstance(name, str) else name
    for candidate in ENTRIES:
        if candidate.name == wanted:
            return candidate
    raise DataError(f"There is no data set {name!r}. There are: {', '.join(e.name for e in ENTRIES)}.")


def listing(tier=None):
    """The entries of one tier (None: all), as a list of Entry. DataError for an unknown tier."""
    if tier is not None and tier not in TIERS:
        raise DataError(f"There is no tier {tier!r}. There are: {', '.join(TIERS)}.")
    return [candidate for candidate in ENTRIES if tier in (None, candidate.tier)]
